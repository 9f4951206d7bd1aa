import { HASHES } from "../../wire/signing.js";

/** A hash of an RSA signature. */
export interface HashAlgorithm {
  readonly oid: string;
  /** Length of the digest in bytes. */
  readonly length: number;
  /** What `node:crypto` calls it. */
  readonly digest: string;
  /** The DigestInfo up to the digest itself (RFC 8017, section 9.2, note 1). */
  readonly digestInfoPrefix: Buffer;
}

/** Gone from `SignHash`, still taken by the older routes; the client has no name for it. */
export const MD5: HashAlgorithm = algorithm(
  "1.2.840.113549.2.5",
  16,
  "md5",
  "3020300c06082a864886f70d020505000410",
);

const ALGORITHMS: ReadonlyMap<string, HashAlgorithm> = new Map(
  [
    MD5,
    algorithm(HASHES["SHA-1"].oid, 20, "sha1", "3021300906052b0e03021a05000414"),
    algorithm(HASHES["SHA-256"].oid, 32, "sha256", "3031300d060960864801650304020105000420"),
    algorithm(HASHES["SHA-384"].oid, 48, "sha384", "3041300d060960864801650304020205000430"),
    algorithm(HASHES["SHA-512"].oid, 64, "sha512", "3051300d060960864801650304020305000440"),
  ].map((entry) => [entry.oid, entry]),
);

const SIGN_HASH_NAMES: ReadonlyMap<string, string> = new Map(
  Object.values(HASHES).map(({ signHashName, oid }) => [signHashName, oid]),
);

/** Digest lengths that an ECDSA signature is made of: those of SHA-1 and SHA-2. */
export const ECDSA_HASH_LENGTHS: ReadonlySet<number> = new Set(
  Object.values(HASHES).map(({ length }) => length),
);

/** By its object identifier. */
export function hashAlgorithm(oid: string): HashAlgorithm | undefined {
  return ALGORITHMS.get(oid);
}

/** The object identifier of `rsaOptions.hashAlgorithmName`. */
export function oidOfName(name: string): string | undefined {
  return SIGN_HASH_NAMES.get(name);
}

function algorithm(oid: string, length: number, digest: string, prefix: string): HashAlgorithm {
  return { oid, length, digest, digestInfoPrefix: Buffer.from(prefix, "hex") };
}
