import { X509Certificate as NodeCertificate } from "node:crypto";
import { createRequire } from "node:module";
import type * as X509 from "@peculiar/x509";
import type { SignerChoice } from "../../adapter/choice.js";
import { algorithmOf } from "../../adapter/choice.js";
import { cryptoWith } from "../../adapter/crypto.js";
import type { Bytes } from "../../base/bytes.js";
import { equal } from "../../base/bytes.js";
import { SignPathError } from "../../base/errors.js";
import type { CertificateInput } from "../../policy/chain.js";
import { readCertificates } from "../../policy/chain.js";
import type { HashName } from "../../wire/signing.js";

const require = createRequire(import.meta.url);

// @peculiar/x509 throws without it.
require("reflect-metadata");
/** @peculiar/x509, which makes the documents. */
export const x509: typeof X509 = require("@peculiar/x509") as typeof X509;

/** What a document is signed with. */
export interface DocumentSigner {
  readonly privateKey: CryptoKey;
  readonly publicKey: CryptoKey;
  readonly hash: HashName;
  /** As @peculiar/x509 takes it, with the hash and, for RSA-PSS, the salt length. */
  readonly signingAlgorithm: Algorithm;
  readonly crypto: Crypto;
}

/** @throws {SignPathError} `ALGORITHM_NOT_SUPPORTED`, `POLICY_UNUSABLE` */
export async function documentSigner(choice: SignerChoice): Promise<DocumentSigner> {
  const algorithm = algorithmOf(choice);
  const { privateKey, publicKey } = await choice.policy.keyPair(algorithm);
  return {
    privateKey,
    publicKey,
    hash: algorithm.hash,
    signingAlgorithm: privateKey.algorithm,
    crypto: cryptoWith({ signal: choice.signal }),
  };
}

/**
 * The certificate in whose name a policy's key signs: one that is given, or the policy's own.
 *
 * @throws {SignPathError} `CONFIG_INVALID` for one that is not for the policy's key
 */
export function certificateFor({ policy }: SignerChoice, given: CertificateInput | undefined): Bytes {
  const own = policy.certificateDer;
  if (given === undefined) return own;
  const [certificate, ...others] = readCertificates([given]);
  if (certificate === undefined || others.length > 0)
    throw refused("the certificate of the signer must be one certificate");
  if (!equal(publicKeyOf(certificate), publicKeyOf(own)))
    throw refused(`the certificate given is not for the key of signing policy ${policy.reference}`);
  return certificate;
}

function publicKeyOf(certificate: Bytes): Buffer {
  return new NodeCertificate(certificate).publicKey.export({ type: "spki", format: "der" });
}

/** What is wrong with the arguments. */
export function refused(message: string, cause?: unknown): SignPathError {
  return new SignPathError("CONFIG_INVALID", `${message}. Nothing was sent`, { stage: "config", cause });
}

/**
 * Makes a document with a signature in it.
 *
 * @throws {SignPathError} `CERTIFICATE_CHANGED` where the policy got another key meanwhile, so that the document would name
 * one key and be signed by another
 */
export async function withOneKey<Document>(
  { policy }: SignerChoice,
  make: () => Promise<Document>,
): Promise<Document> {
  const before = publicKeyOf(policy.certificateDer);
  const document = await make();
  if (equal(before, publicKeyOf(policy.certificateDer))) return document;
  throw new SignPathError(
    "CERTIFICATE_CHANGED",
    `signing policy ${policy.reference} got another key while a document was made with it: make it again`,
    { stage: "sign", retryable: true },
  );
}

/** A time as these documents say it: without a fraction of a second (RFC 5280, section 4.1.2.5.2). */
export function toSecond(date: Date): Date {
  return new Date(Math.floor(date.getTime() / 1000) * 1000);
}
