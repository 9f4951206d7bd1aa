import { constants, createHash, publicDecrypt } from "node:crypto";
import type { Bytes } from "../base/bytes.js";
import { equal } from "../base/bytes.js";
import type { CertificateFacts } from "../policy/certificate.js";
import type { HashName } from "../wire/signing.js";
import type { HashAlgorithm } from "./hashes.js";
import type { Checked, Scheme, Signed } from "./scheme.js";
import { digestOf, wrongLength } from "./scheme.js";

/** What comes before the digest in a DER DigestInfo (RFC 8017, section 9.2, note 1). */
const DIGEST_INFO_PREFIX: Readonly<Record<HashName, Buffer>> = {
  "SHA-1": Buffer.from("3021300906052b0e03021a05000414", "hex"),
  "SHA-256": Buffer.from("3031300d060960864801650304020105000420", "hex"),
  "SHA-384": Buffer.from("3041300d060960864801650304020205000430", "hex"),
  "SHA-512": Buffer.from("3051300d060960864801650304020305000440", "hex"),
};

function signatureLength({ key }: CertificateFacts): number {
  return Math.ceil(key.modulusLength / 8);
}

function shape(signature: Bytes, facts: CertificateFacts): Checked {
  const length = signatureLength(facts);
  return signature.length === length ? { signature } : wrongLength(signature.length, length);
}

type PublicKey = Parameters<typeof publicDecrypt>[0];

/** RSAVP1 with the padding taken off (RFC 8017, section 5.2.2); `undefined` where there is no such padding. */
function open(signature: Bytes, key: PublicKey): Buffer | undefined {
  try {
    return publicDecrypt(key, signature);
  } catch {
    return undefined;
  }
}

const NOT_OURS = "it is not a signature of this hash by the certificate's key";

type Defect = string | undefined;

/** What both paddings have in common; they differ in what is wrong with a signature of the right length. */
function rsa(
  defectOf: (signature: Bytes, facts: CertificateFacts, algorithm: HashAlgorithm, signed: Signed) => Defect,
): Scheme {
  return {
    wantsMessage: false,
    signatureLength,
    shape,
    check(signature, facts, algorithm, signed) {
      const shaped = shape(signature, facts);
      if ("defect" in shaped) return shaped;
      const defect = defectOf(signature, facts, algorithm, signed);
      return defect === undefined ? shaped : { defect };
    },
  };
}

/** RSASSA-PKCS1-v1_5 (RFC 8017, section 8.2). */
export const rsaPkcs1: Scheme = rsa((signature, facts, algorithm, signed) => {
  // PKCS #1 v1.5 is what it takes off unless told otherwise; to be told costs half as much again on Node 24.
  const digestInfo = open(signature, facts.publicKey);
  const prefix = DIGEST_INFO_PREFIX[algorithm.name];
  const matches =
    digestInfo !== undefined &&
    digestInfo.length === prefix.length + algorithm.length &&
    digestInfo.compare(prefix, 0, prefix.length, 0, prefix.length) === 0 &&
    digestInfo.toString("base64", prefix.length) === signed.hash;
  return matches ? undefined : NOT_OURS;
});

/** RSASSA-PSS with MGF1 over the same hash and a salt as long as the hash (RFC 8017, section 8.1). */
export const rsaPss: Scheme = rsa((signature, facts, algorithm, signed) => {
  const hash = digestOf(signed);
  const encoded = open(signature, { key: facts.publicKey, padding: constants.RSA_NO_PADDING });
  const saltLength = encoded && pssSaltLength(encoded, facts.key.modulusLength - 1, hash, algorithm);
  if (saltLength === undefined) return NOT_OURS;
  if (saltLength === algorithm.length) return undefined;
  return `its salt is ${saltLength} bytes long; expected were ${algorithm.length}, the length of the hash`;
});

/** EMSA-PSS-VERIFY (RFC 8017, section 9.1.2): the length of the salt, or `undefined` where it is inconsistent. */
function pssSaltLength(
  block: Buffer,
  emBits: number,
  mHash: Uint8Array,
  hash: HashAlgorithm,
): number | undefined {
  const emLen = Math.ceil(emBits / 8);
  const em = block.subarray(block.length - emLen);
  // A modulus of 8n + 1 bits has an encoded message that is one byte shorter.
  if (block.length > emLen && block[0] !== 0) return undefined;
  const dbLen = emLen - hash.length - 1;
  if (dbLen < 1 || em[emLen - 1] !== 0xbc) return undefined;
  const unusedBits = 8 * emLen - emBits;
  const first = em[0] ?? 0;
  if (first >> (8 - unusedBits) !== 0) return undefined;
  const h = em.subarray(dbLen, dbLen + hash.length);
  const db = mgf1(h, dbLen, hash.nodeName);
  for (let index = 0; index < dbLen; index++) db[index] = (db[index] ?? 0) ^ (em[index] ?? 0);
  db[0] = (db[0] ?? 0) & (0xff >> unusedBits);
  const one = db.findIndex((byte) => byte !== 0);
  if (db[one] !== 1) return undefined;
  const salt = db.subarray(one + 1);
  const expected = createHash(hash.nodeName).update(EIGHT_ZEROS).update(mHash).update(salt).digest();
  return equal(expected, h) ? salt.length : undefined;
}

const EIGHT_ZEROS = Buffer.alloc(8);

/** The mask generation function MGF1 (RFC 8017, appendix B.2.1). */
function mgf1(seed: Uint8Array, length: number, nodeName: string): Buffer {
  const blocks: Buffer[] = [];
  const counter = Buffer.alloc(4);
  for (let done = 0, index = 0; done < length; index++) {
    counter.writeUInt32BE(index);
    const block = createHash(nodeName).update(seed).update(counter).digest();
    blocks.push(block);
    done += block.length;
  }
  return Buffer.concat(blocks, length);
}
