import { X509Certificate as NodeCertificate } from "node:crypto";
import { createRequire } from "node:module";
import { types } from "node:util";
import type * as X509 from "@peculiar/x509";
import type { SignerChoice } from "../../adapter/choice.js";
import { algorithmOf } from "../../adapter/choice.js";
import { cryptoWith } from "../../adapter/crypto.js";
import { requireSameKey } from "../../adapter/same-key.js";
import type { Bytes } from "../../base/bytes.js";
import { equal } from "../../base/bytes.js";
import { isSignPathError, messageOf, SignPathError } from "../../base/errors.js";
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
  choice: SignerChoice,
  make: () => Promise<Document>,
): Promise<Document> {
  algorithmOf(choice);
  const { policy } = choice;
  const before = policy.certificateDer;
  const document = await make().catch((error: unknown) => {
    throw isOurs(error) ? error : unmakeable(error);
  });
  requireSameKey(policy, before);
  return document;
}

/** What signing fails with: a `SignPathError`, or WebCrypto's exception around one. */
function isOurs(error: unknown): boolean {
  return isSignPathError(error) || (error instanceof DOMException && isSignPathError(error.cause));
}

/** Certificates that are given are read by the toolkits when they are needed, and fail in many ways. */
function unmakeable(cause: unknown): SignPathError {
  const message = `the toolkit cannot make this document of what it was given: ${messageOf(cause)}`;
  return new SignPathError("CONFIG_INVALID", message, { stage: "config", cause });
}

/**
 * A time as these documents say it: without a fraction of a second (RFC 5280, section 4.1.2.5.2).
 *
 * @param name - of the option, for the error
 * @throws {SignPathError} `CONFIG_INVALID` for what is no date, or one that cannot be encoded
 */
export function toSecond(date: Date, name: string): Date {
  const time = types.isDate(date) ? date.getTime() : Number.NaN;
  const year = new Date(time).getUTCFullYear();
  // Other years have no encoding (RFC 5280, section 4.1.2.5), and the toolkits would write another century.
  if (!(year >= 1950 && year <= 9999)) throw refused(`${name} must be a date of the years 1950 to 9999`);
  return new Date(Math.floor(time / 1000) * 1000);
}

/**
 * Extensions, each kind of which may be there once (RFC 5280, section 4.2).
 *
 * @throws {SignPathError} `CONFIG_INVALID`
 */
export function eachOnce(extensions: Iterable<X509.Extension>): X509.Extension[] {
  const all = [...extensions];
  const repeated = all.find(({ type }, index) => all.findIndex((other) => other.type === type) < index);
  if (repeated === undefined) return all;
  throw refused(`extension ${repeated.type} would be there twice (RFC 5280, section 4.2)`);
}
