import type { KeyObject } from "node:crypto";
import { constants, createHash, privateEncrypt, randomBytes } from "node:crypto";
import type { HashAlgorithm } from "./hash-algorithms.js";

// node:crypto signs messages, never a hash that somebody else made: both paddings are done here.

/** RSASSA-PKCS1-v1_5 over a hash (RFC 8017, section 8.2.1 from step 2 on). */
export function signPkcs1(key: KeyObject, algorithm: HashAlgorithm, hash: Buffer): Buffer {
  const digestInfo = Buffer.concat([algorithm.digestInfoPrefix, hash]);
  return privateEncrypt({ key, padding: constants.RSA_PKCS1_PADDING }, digestInfo);
}

/** What can be otherwise in the encoding of RSA-PSS. */
export interface PssOptions {
  /** What `node:crypto` calls the hash of MGF1; that of the message by default. */
  readonly maskDigest?: string;
  /** The last byte; 0xbc by default. */
  readonly trailer?: number;
}

/** RSASSA-PSS over a hash (RFC 8017, section 8.1.1), MGF1 with the same hash. */
export function signPss(
  key: KeyObject,
  bits: number,
  algorithm: HashAlgorithm,
  hash: Buffer,
  saltLength: number,
  options: PssOptions = {},
): Buffer {
  const encoded = encodePss(bits / 8, algorithm, hash, saltLength, options);
  return privateEncrypt({ key, padding: constants.RSA_NO_PADDING }, encoded);
}

/** The longest salt that fits. */
export function maxSaltLength(bits: number, algorithm: HashAlgorithm): number {
  return bits / 8 - algorithm.length - 2;
}

/** EMSA-PSS-ENCODE (RFC 8017, section 9.1.1) for a modulus of whole bytes, from step 3 on. */
function encodePss(
  length: number,
  algorithm: HashAlgorithm,
  hash: Buffer,
  saltLength: number,
  { maskDigest = algorithm.digest, trailer = 0xbc }: PssOptions,
): Buffer {
  const salt = randomBytes(saltLength);
  const h = createHash(algorithm.digest).update(Buffer.alloc(8)).update(hash).update(salt).digest();
  const db = Buffer.alloc(length - h.length - 1);
  db[db.length - saltLength - 1] = 0x01;
  salt.copy(db, db.length - saltLength);
  const mask = mgf1(maskDigest, h, db.length);
  for (let at = 0; at < db.length; at++) db[at] = (db[at] ?? 0) ^ (mask[at] ?? 0);
  // The encoded message has one bit less than the modulus.
  db[0] = (db[0] ?? 0) & 0x7f;
  return Buffer.concat([db, h, Buffer.of(trailer)]);
}

/** MGF1 (RFC 8017, appendix B.2.1). */
function mgf1(digest: string, seed: Buffer, length: number): Buffer {
  const blocks: Buffer[] = [];
  const counter = Buffer.alloc(4);
  for (let made = 0; made < length; made += blocks.at(-1)?.length ?? length) {
    blocks.push(createHash(digest).update(seed).update(counter).digest());
    counter.writeUInt32BE(counter.readUInt32BE() + 1);
  }
  return Buffer.concat(blocks, length);
}
