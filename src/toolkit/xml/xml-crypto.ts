import type { KeyLike } from "node:crypto";
import type { SignerChoice } from "../../adapter/choice.js";
import { algorithmOf } from "../../adapter/choice.js";
import { quote, refused } from "../../adapter/refusal.js";
import { requireSameKey } from "../../adapter/same-key.js";
import { signMessage } from "../../adapter/sign-message.js";
import { encodeBase64 } from "../../base/bytes.js";
import { isSignPathError } from "../../base/errors.js";
import { requireOptions } from "../../base/options.js";
import type { CertificateInput } from "../../policy/chain.js";
import {
  canonicalizationUri,
  digestUri,
  ENVELOPED_SIGNATURE,
  isCanonicalizationUri,
  isDigestUri,
  signatureUri,
} from "./algorithms.js";
import { refuseEntities } from "./input.js";
import type { XmlCryptoHashAlgorithm, XmlCryptoSignatureAlgorithm } from "./xml-crypto-classes.js";
import { hashAlgorithmClass, signatureAlgorithmClass } from "./xml-crypto-classes.js";

/** What of xml-crypto's `SignedXml` is set for a signature. */
export interface XmlCryptoAlgorithm {
  /** The URI of the way to sign (RFC 9231). */
  readonly signatureAlgorithm: string;
  /** The URI of the hash, for references. */
  readonly digestAlgorithm: string;
  /** Goes into `signedXml.SignatureAlgorithms` under `signatureAlgorithm`. */
  readonly SignatureAlgorithm: new () => XmlCryptoSignatureAlgorithm;
  /** Goes into `signedXml.HashAlgorithms` under `digestAlgorithm`: xml-crypto has no SHA-384. */
  readonly HashAlgorithm: new () => XmlCryptoHashAlgorithm;
}

/** xml-crypto's `SignedXml`, as far as it is used here. */
export interface XmlCryptoSignedXml {
  privateKey?: KeyLike;
  publicCert?: KeyLike;
  signatureAlgorithm?: string;
  canonicalizationAlgorithm?: string;
  SignatureAlgorithms: Record<string, new () => XmlCryptoSignatureAlgorithm>;
  HashAlgorithms: Record<string, new () => XmlCryptoHashAlgorithm>;
  getReferences(): { readonly digestAlgorithm: string; readonly transforms: readonly string[] }[];
  getSignedXml(): string;
  computeSignature(xml: string, options: XmlCryptoPlacement, callback: (error: Error | null) => void): void;
}

/** Where xml-crypto puts the signature, and how it names its elements: its own options. */
export interface XmlCryptoPlacement {
  prefix?: string;
  attrs?: Record<string, string>;
  location?: { reference?: string; action?: "append" | "prepend" | "before" | "after" };
  existingPrefixes?: Record<string, string>;
}

/** Options of `signWithXmlCrypto`. */
export interface SignWithXmlCryptoOptions extends SignerChoice {
  /** Where the issuers of the certificate are looked for, which then follow it in `KeyInfo`. */
  readonly certificates?: Iterable<CertificateInput> | undefined;
  /** Whether `KeyInfo` holds the certificate. Default: `true`. */
  readonly keyInfo?: boolean | undefined;
  /** What `computeSignature` takes. */
  readonly placement?: XmlCryptoPlacement | undefined;
}

/**
 * The way that a policy signs with, for xml-crypto, which signs with a callback:
 *
 * ```ts
 * const { signatureAlgorithm, SignatureAlgorithm } = xmlCryptoAlgorithm({ policy });
 * const signedXml = new SignedXml({ signatureAlgorithm, privateKey: "in SignPath", publicCert: policy.certificatePem, ...others });
 * signedXml.SignatureAlgorithms[signatureAlgorithm] = SignatureAlgorithm;
 * signedXml.computeSignature(xml, (error) => done(error));
 * ```
 *
 * A signature of ECDSA is r‖s (RFC 9231, section 2.3.6). `checkSignature` verifies by Node with the same class.
 *
 * @returns names and classes for a `SignedXml`
 * @throws {SignPathError} `ALGORITHM_NOT_SUPPORTED`, `POLICY_UNUSABLE`
 * @throws {TypeError} for what is no policy
 */
export function xmlCryptoAlgorithm(choice: SignerChoice): XmlCryptoAlgorithm {
  const algorithm = algorithmOf(choice);
  const { policy, signal } = choice;
  const signatureAlgorithm = signatureUri(algorithm);
  const digestAlgorithm = digestUri(algorithm.hash);
  const sign = async (signedInfo: unknown): Promise<string> => {
    const bytes = new TextEncoder().encode(String(signedInfo));
    return encodeBase64(await signMessage(policy, algorithm, bytes, { signal }));
  };
  return {
    signatureAlgorithm,
    digestAlgorithm,
    SignatureAlgorithm: signatureAlgorithmClass(algorithm, signatureAlgorithm, sign),
    HashAlgorithm: hashAlgorithmClass(algorithm.hash, digestAlgorithm),
  };
}

/**
 * Has xml-crypto's `SignedXml` sign: the references that were added to it, with the policy's key. Its `canonicalizationAlgorithm`
 * is Exclusive XML Canonicalization unless it has another. What the references cover is signed, `KeyInfo` is not.
 *
 * ```ts
 * const signedXml = new SignedXml();
 * signedXml.addReference({ xpath: "/*", isEmptyUri: true, digestAlgorithm, transforms: [ENVELOPED, EXCLUSIVE] });
 * const signed = await signWithXmlCrypto(signedXml, xml, { policy });
 * ```
 *
 * @param xml - the document, text
 * @returns the document with the signature in it, as `getSignedXml` gives it
 * @throws {SignPathError} `ALGORITHM_NOT_SUPPORTED` for an algorithm that is not the key's, and for a digest with SHA-1 or a
 * transform that is unknown; `CONFIG_INVALID` for XML with a document type declaration, and what xml-crypto itself refuses;
 * these before anything is sent. `CERTIFICATE_CHANGED`, and whatever signing can fail with
 * @throws {TypeError} for what is no policy, or XML that is no text
 */
export async function signWithXmlCrypto(
  signedXml: XmlCryptoSignedXml,
  xml: string,
  options: SignWithXmlCryptoOptions,
): Promise<string> {
  requireOptions(options);
  const { policy, keyInfo = true, placement = {} } = options;
  if (typeof xml !== "string") throw new TypeError("xml-crypto signs XML as text");
  const { signatureAlgorithm, digestAlgorithm, SignatureAlgorithm, HashAlgorithm } =
    xmlCryptoAlgorithm(options);
  const certificate = policy.certificateDer;
  const chain = await policy.certificateChain(options.certificates ?? []);
  refuseEntities(xml);
  signedXml.canonicalizationAlgorithm ??= canonicalizationUri("exc-c14n");
  if (!isCanonicalizationUri(signedXml.canonicalizationAlgorithm))
    throw notKnown("canonicalization", signedXml.canonicalizationAlgorithm);
  checkReferences(signedXml);
  signedXml.signatureAlgorithm = signatureAlgorithm;
  signedXml.SignatureAlgorithms[signatureAlgorithm] = SignatureAlgorithm;
  signedXml.HashAlgorithms[digestAlgorithm] ??= HashAlgorithm;
  signedXml.privateKey = IN_SIGNPATH;
  if (keyInfo) signedXml.publicCert = chain.map((each) => each.toString("pem")).join("\n");
  await compute(signedXml, xml, placement);
  requireSameKey(policy, certificate);
  return signedXml.getSignedXml();
}

/** xml-crypto wants a key there, and only hands it on. */
const IN_SIGNPATH = "in SignPath";

function checkReferences(signedXml: XmlCryptoSignedXml): void {
  const references = signedXml.getReferences();
  if (references.length === 0) throw refused("there is nothing to sign: addReference tells what");
  for (const { digestAlgorithm, transforms } of references) {
    if (!isDigestUri(digestAlgorithm)) throw notKnown("digest", digestAlgorithm);
    const unknown = transforms.find((uri) => uri !== ENVELOPED_SIGNATURE && !isCanonicalizationUri(uri));
    if (unknown !== undefined) throw notKnown("transform", unknown);
  }
}

function notKnown(what: string, uri: string): Error {
  const known =
    what === "digest"
      ? "SHA-256, SHA-384 and SHA-512"
      : "Canonical XML 1.0 and Exclusive XML Canonicalization 1.0";
  return refused(`the ${what} ${quote(uri)} is not signed with: ${known} are`, "ALGORITHM_NOT_SUPPORTED");
}

/** What xml-crypto finds wrong itself, it finds before it asks for the signature. */
function compute(signedXml: XmlCryptoSignedXml, xml: string, placement: XmlCryptoPlacement): Promise<void> {
  return new Promise<void>((resolve, reject) => {
    signedXml.computeSignature(xml, placement, (error) => (error ? reject(error) : resolve()));
  }).catch((error: unknown) => {
    if (isSignPathError(error) || error instanceof TypeError || !(error instanceof Error)) throw error;
    throw refused(`xml-crypto cannot make this signature: ${error.message}`, "CONFIG_INVALID", error);
  });
}
