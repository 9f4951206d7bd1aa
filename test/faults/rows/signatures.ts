import type { Fault, Pkcs1Mistake, PssMistake, SignatureEncoding } from "../../../src/emulator/index.js";
import type { Nature } from "../expectations.js";
import type { Signer } from "../routes.js";
import { EC, PSS, RSA } from "../routes.js";
import type { Row } from "./row.js";
import { HARMLESS, SIGNING, UNUSABLE, WRONG } from "./row.js";

const SIGNERS: readonly Signer[] = [RSA, PSS, EC];

/** A row for each signer whose signatures the fault fits. */
function spoilt(
  title: string,
  fault: Fault,
  signers: readonly Signer[] = SIGNERS,
  nature: Nature = WRONG,
): Row[] {
  return signers.map((signer) => ({
    title: `${title}, ${signer.algorithm.name}`,
    fault,
    nature,
    on: SIGNING,
    signer,
  }));
}

/** RFC 8017, section 9.2, has one encoding and no other. */
const PKCS1_MISTAKES: readonly Pkcs1Mistake[] = [
  "other-oid",
  "missing-null",
  "bare-hash",
  "trailing-bytes",
  "encryption-block",
];

/** RFC 8017, section 9.1, with MGF1 over the hash that was asked for. */
const PSS_MISTAKES: readonly PssMistake[] = ["other-mgf1-hash", "other-trailer"];

/**
 * The API's Base64 is that of RFC 4648, section 4: with padding and without white space. Hexadecimal digits are all in its
 * alphabet, and those of 256 or 64 bytes are a multiple of four: it is Base64, of a signature that is half as long again.
 */
const ENCODINGS: readonly (readonly [SignatureEncoding, Nature])[] = [
  ["base64url", UNUSABLE],
  ["unpadded", UNUSABLE],
  ["hex", WRONG],
  ["lines", UNUSABLE],
  ["garbage", UNUSABLE],
  ["null", UNUSABLE],
];

/** Faults in the signature itself: nothing but the signature that was asked for is given out. */
export const SIGNATURES: readonly Row[] = [
  ...spoilt("another key's signature", { kind: "other-key" }),
  ...spoilt("another hash's signature", { kind: "other-hash" }),
  ...spoilt("the signature of the hash's hash", { kind: "hashed-twice" }),
  ...spoilt("a signature with another last bit", { kind: "flipped-bit" }),
  ...spoilt("a truncated signature", { kind: "truncated-signature" }),
  ...spoilt("a signature with a byte more", { kind: "long-signature" }),
  // It says no more than an answer without one.
  ...spoilt("a signature of no bytes", { kind: "empty-signature" }, SIGNERS, UNUSABLE),
  ...spoilt("a signature of zeros", { kind: "zero-signature" }),
  ...spoilt("a signature from its end to its start", { kind: "reversed-signature" }),
  // That of RSASSA-PKCS1-v1_5 has no zeros to strip, unless its hash is looked for.
  ...spoilt("a signature without leading zeros", { kind: "stripped-zeros" }, [PSS, EC]),
  ...spoilt("a signature not below the modulus", { kind: "out-of-range-signature" }, [RSA, PSS]),
  ...spoilt("an r not below the order", { kind: "out-of-range-signature", component: "r" }, [EC]),
  ...spoilt("an s not below the order", { kind: "out-of-range-signature", component: "s" }, [EC]),
  ...spoilt("another padding", { kind: "other-padding" }, [RSA, PSS]),
  ...PKCS1_MISTAKES.flatMap((encoding) =>
    spoilt(`PKCS #1 that is wrong: ${encoding}`, { kind: "wrong-pkcs1", encoding }, [RSA]),
  ),
  ...PSS_MISTAKES.flatMap((encoding) =>
    spoilt(`PSS that is wrong: ${encoding}`, { kind: "wrong-pss", encoding }, [PSS]),
  ),
  ...[0, 20, 222].flatMap((saltLength) =>
    spoilt(`a salt of ${saltLength} bytes`, { kind: "other-salt-length", saltLength }, [PSS]),
  ),
  ...spoilt("s before r", { kind: "swapped-signature" }, [EC]),
  ...spoilt("a signature as ASN.1", { kind: "der-signature" }, [EC], HARMLESS),
  // This client asks for no ASN.1: there is nothing to be wrong.
  ...spoilt("P1363 in place of ASN.1", { kind: "p1363-signature" }, [EC], HARMLESS).map(
    (row): Row => ({ ...row, isNeverMet: true }),
  ),
  ...ENCODINGS.flatMap(([encoding, nature]) =>
    spoilt(`a signature written as ${encoding}`, { kind: "signature-encoding", encoding }, [RSA, EC], nature),
  ),
];
