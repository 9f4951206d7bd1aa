import type { KeyObject } from "node:crypto";
import { constants, privateEncrypt, randomInt } from "node:crypto";
import type { HashAlgorithm } from "./hash-algorithms.js";

/** What is around a hash in a PKCS#1 v1.5 signature where it is not what RFC 8017, section 9.2 asks for. */
export type Pkcs1Encoding =
  | "other-oid"
  | "missing-null"
  | "bare-hash"
  | "trailing-bytes"
  | "encryption-block";

/** The NULL of the AlgorithmIdentifier, and the octet string's header after it. */
const NULL_LENGTH = 2;
const OCTET_STRING_HEADER_LENGTH = 2;
const SHORTEST_PADDING = 8;

/** A PKCS#1 v1.5 signature that holds the right hash in the wrong encoding. */
export function signPkcs1Wrongly(
  key: KeyObject,
  bits: number,
  algorithm: HashAlgorithm,
  hash: Buffer,
  encoding: Pkcs1Encoding,
): Buffer {
  const block = encode(bits / 8, Buffer.concat([algorithm.digestInfoPrefix, hash]), hash, encoding);
  return privateEncrypt({ key, padding: constants.RSA_NO_PADDING }, block);
}

function encode(length: number, digestInfo: Buffer, hash: Buffer, encoding: Pkcs1Encoding): Buffer {
  switch (encoding) {
    case "other-oid":
      return padded(length, otherOid(digestInfo, hash.length));
    case "missing-null":
      return padded(length, withoutNull(digestInfo, hash.length));
    case "bare-hash":
      return padded(length, hash);
    case "trailing-bytes": {
      const start = padded(SHORTEST_PADDING + 3 + digestInfo.length, digestInfo);
      return Buffer.concat([start, Buffer.alloc(length - start.length, 0x5a)]);
    }
    case "encryption-block": {
      const block = padded(length, digestInfo);
      block[1] = 0x02;
      for (let at = 2; block[at] === 0xff; at++) block[at] = randomInt(1, 0xff);
      return block;
    }
  }
}

function padded(length: number, content: Buffer): Buffer {
  const padding = Buffer.alloc(length - content.length - 3, 0xff);
  return Buffer.concat([Buffer.of(0x00, 0x01), padding, Buffer.of(0x00), content]);
}

/** The last arc of the hash's identifier is the one that differs. */
function otherOid(digestInfo: Buffer, hashLength: number): Buffer {
  const other = Buffer.from(digestInfo);
  const at = digestInfo.length - hashLength - OCTET_STRING_HEADER_LENGTH - NULL_LENGTH - 1;
  other[at] = (other[at] ?? 0) ^ 0x08;
  return other;
}

function withoutNull(digestInfo: Buffer, hashLength: number): Buffer {
  const end = digestInfo.length - hashLength - OCTET_STRING_HEADER_LENGTH;
  const shorter = Buffer.concat([digestInfo.subarray(0, end - NULL_LENGTH), digestInfo.subarray(end)]);
  // The lengths of the two sequences around it, both of one byte.
  for (const at of [1, 3]) shorter[at] = (shorter[at] ?? 0) - NULL_LENGTH;
  return shorter;
}
