import type { Bytes } from "../base/bytes.js";
import type { CertificateFacts } from "../policy/certificate.js";
import type { HashAlgorithm } from "./hashes.js";

/** Either form of what is signed. The message allows a faster check for some algorithms. */
export interface Signed {
  /** The digest as the API takes it: standard Base64. */
  readonly hash: string;
  readonly message: Uint8Array | undefined;
}

/** The digest of what is signed. */
export function digestOf({ hash }: Signed): Uint8Array {
  return Buffer.from(hash, "base64");
}

/** A signature in the form that callers get, or why it is none. */
export type Checked = { readonly signature: Bytes } | { readonly defect: string };

/** What differs between signature algorithms. */
export interface Scheme {
  /** Whether {@link check} is much faster with the message than with its hash. */
  readonly wantsMessage: boolean;
  /** The length of the signature in bytes. */
  readonly signatureLength: (facts: CertificateFacts) => number;
  /** Brings a signature into the form that callers get and looks at its length, no more. */
  readonly shape: (signature: Bytes, facts: CertificateFacts) => Checked | Promise<Checked>;
  /**
   * Does the same, and verifies it against the certificate's key.
   *
   * @param crowded - whether so much else waits for the calling thread that another one is worth its price
   */
  readonly check: (
    signature: Bytes,
    facts: CertificateFacts,
    hash: HashAlgorithm,
    signed: Signed,
    crowded?: boolean,
  ) => Checked | Promise<Checked>;
}

/** The defect of a signature of the wrong length. */
export function wrongLength(actual: number, expected: number): Checked {
  return { defect: `it is ${actual} bytes long, the certificate's key makes ${expected}` };
}
