/** A test of `@peculiar/webcrypto-test` that the composite does not pass, and why it is right not to. */
export interface Skipped {
  /** The names of its contexts and its own, as the suite gives them. */
  readonly name: string;
  readonly reason: string;
  /** How it fails when it is run all the same; checked, so that the table cannot go stale. */
  readonly fails: RegExp;
  /** The major versions of Node on which it fails, where it is not all of them. */
  readonly nodes?: readonly number[];
}

const HMAC_DEFAULT_LENGTH =
  "The specification's default length of an HMAC key is the block size of its hash: 1024 bits for SHA-384 and " +
  "SHA-512, as Node makes it. The suite expects 512 for every hash, which only @peculiar/webcrypto gives.";

/** Every test that is not run, with its reason. */
export const SKIPPED: readonly Skipped[] = [
  {
    name: "HMAC > Generate Key > default length for SHA-384 algorithm",
    reason: HMAC_DEFAULT_LENGTH,
    fails: /1024 == 512/,
  },
  {
    name: "HMAC > Generate Key > default length for SHA-512 algorithm",
    reason: HMAC_DEFAULT_LENGTH,
    fails: /1024 == 512/,
  },
  {
    name: "HMAC > Generate Key > Round length 164->160",
    reason:
      "The suite wants a request for 164 bits rounded down to 160 in silence, as @peculiar/webcrypto does. " +
      "Node 20 and 22 refuse a length that is not a whole number of bytes, Node 24 keeps it at 164.",
    fails: /164 == 160|must be a multiple of 8|Unsupported algorithm\.length/,
  },
  {
    name: "RSAES-PKCS1-v1_5 > Encrypt/Decrypt > #1",
    reason:
      "Node 20 refuses to decrypt with this padding (CVE-2023-46809, the Marvin attack): its OpenSSL has no " +
      "implicit rejection. Those of Node 22 and 24 have.",
    fails: /RSA_PKCS1_PADDING is no longer supported for private decryption/,
    nodes: [20],
  },
];
