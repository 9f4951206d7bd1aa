import type { AlgorithmIdentifier } from "../asn1/algorithm.js";
import { hasNoParameters, readAlgorithm } from "../asn1/algorithm.js";
import { Fields } from "../asn1/fields.js";
import { smallIntegerOf } from "../asn1/primitives.js";
import { context, TAG } from "../asn1/tags.js";
import { childrenOf } from "../asn1/value.js";
import type { Reason } from "../report.js";
import type { Digest } from "./digests.js";
import { DIGESTS, digestNamed } from "./digests.js";

/** How a signature was made. */
export interface SignatureScheme {
  /** WebCrypto's name. */
  readonly name: "RSASSA-PKCS1-v1_5" | "RSA-PSS" | "ECDSA" | "Ed25519";
  /** Missing where the algorithm leaves it to the digest algorithm beside it. */
  readonly digest: Digest | undefined;
  /** Of RSA-PSS, in bytes. */
  readonly saltLength?: number;
}

const RSA_PSS = "1.2.840.113549.1.1.10";
const MGF1 = "1.2.840.113549.1.1.8";

/** Of RFC 8017, RFC 3279, RFC 5754, RFC 5758, RFC 8410; PSS has its hash in its parameters. */
const SCHEMES: ReadonlyMap<string, SignatureScheme> = new Map<string, SignatureScheme>([
  ["1.2.840.113549.1.1.1", { name: "RSASSA-PKCS1-v1_5", digest: undefined }],
  ["1.2.840.113549.1.1.4", { name: "RSASSA-PKCS1-v1_5", digest: digestNamed("MD5") }],
  ["1.2.840.113549.1.1.5", { name: "RSASSA-PKCS1-v1_5", digest: digestNamed("SHA-1") }],
  ["1.2.840.113549.1.1.11", { name: "RSASSA-PKCS1-v1_5", digest: digestNamed("SHA-256") }],
  ["1.2.840.113549.1.1.12", { name: "RSASSA-PKCS1-v1_5", digest: digestNamed("SHA-384") }],
  ["1.2.840.113549.1.1.13", { name: "RSASSA-PKCS1-v1_5", digest: digestNamed("SHA-512") }],
  ["1.2.840.10045.2.1", { name: "ECDSA", digest: undefined }],
  ["1.2.840.10045.4.1", { name: "ECDSA", digest: digestNamed("SHA-1") }],
  ["1.2.840.10045.4.3.2", { name: "ECDSA", digest: digestNamed("SHA-256") }],
  ["1.2.840.10045.4.3.3", { name: "ECDSA", digest: digestNamed("SHA-384") }],
  ["1.2.840.10045.4.3.4", { name: "ECDSA", digest: digestNamed("SHA-512") }],
  ["1.3.101.112", { name: "Ed25519", digest: undefined }],
]);

/** The scheme that an algorithm identifier names, or why it is not accepted. */
export function schemeOf(algorithm: AlgorithmIdentifier): SignatureScheme | Reason {
  if (algorithm.oid === RSA_PSS) return pssOf(algorithm);
  const scheme = SCHEMES.get(algorithm.oid);
  if (scheme === undefined) {
    const message = `the signature algorithm ${algorithm.oid} is not supported`;
    return { code: "ALGORITHM_UNSUPPORTED", message };
  }
  return hasNoParameters(algorithm)
    ? scheme
    : mismatch("the signature algorithm has parameters, which it may not have");
}

export function isReason(value: object): value is Reason {
  return "code" in value;
}

function mismatch(message: string): Reason {
  return { code: "ALGORITHM_MISMATCH", message };
}

/** RSASSA-PSS-params (RFC 4055, section 3.1): explicit, one hash for both uses, the only trailer there is. */
function pssOf({ parameters }: AlgorithmIdentifier): SignatureScheme | Reason {
  if (parameters === undefined)
    return mismatch("RSASSA-PSS has no parameters, which it must have in a signature");
  const fields = new Fields(parameters, "RSASSA-PSS-params");
  const [hash, mask, salt, trailer] = [0, 1, 2, 3].map((number) => {
    const found = fields.optional(context(number, "constructed"));
    return found && childrenOf(found, 1)[0];
  });
  fields.end();
  const hashAlgorithm = hash && readAlgorithm(hash);
  const digest = hashAlgorithm === undefined ? digestNamed("SHA-1") : DIGESTS.get(hashAlgorithm.oid);
  if (digest === undefined || (hashAlgorithm !== undefined && !hasNoParameters(hashAlgorithm)))
    return { code: "ALGORITHM_UNSUPPORTED", message: "the hash of RSASSA-PSS is not supported" };
  const maskDigest = mask === undefined ? digestNamed("SHA-1") : maskDigestOf(readAlgorithm(mask));
  if (maskDigest !== digest) return mismatch("RSASSA-PSS has another hash for its mask than for the message");
  if (trailer !== undefined && smallIntegerOf(trailer) !== 1)
    return mismatch("RSASSA-PSS has an unknown trailer");
  return { name: "RSA-PSS", digest, saltLength: salt === undefined ? 20 : smallIntegerOf(salt) };
}

function maskDigestOf({ oid, parameters }: AlgorithmIdentifier): Digest | undefined {
  if (oid !== MGF1 || parameters?.tag !== TAG.sequence) return undefined;
  const hash = readAlgorithm(parameters);
  return hasNoParameters(hash) ? DIGESTS.get(hash.oid) : undefined;
}
