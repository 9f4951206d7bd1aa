import * as nodeCrypto from "node:crypto";
import { viewOf } from "../base/bytes.js";
import type { HashAlgorithm } from "../key/hashes.js";
import type { SigningSource } from "../policy/signing-policy.js";
import { chunksOf, isBytes } from "./source.js";

/** Above this many bytes a hash is computed on another thread, which costs a copy and two switches. */
const LARGE_BYTES = 1024 * 1024;

/**
 * The digest of bytes in memory, as they are at the time of the call: of few at once, of many off the event loop's back.
 */
export function digestBytes(hash: HashAlgorithm, data: Uint8Array): Uint8Array | Promise<Uint8Array> {
  if (data.byteLength > LARGE_BYTES) return digestOffThread(hash, data);
  // By way of a text, because each Buffer that the hash function makes has memory of its own: twice as fast.
  return Buffer.from(nodeCrypto.hash(hash.nodeName, data, "base64"), "base64");
}

async function digestOffThread(hash: HashAlgorithm, data: Uint8Array): Promise<Uint8Array> {
  return new Uint8Array(await nodeCrypto.webcrypto.subtle.digest(hash.name, data as Uint8Array<ArrayBuffer>));
}

/** The digest of a source of any size, in constant memory beside the source itself. */
export async function digestSource(
  hash: HashAlgorithm,
  source: SigningSource,
  signal?: AbortSignal | undefined,
): Promise<Uint8Array> {
  if (isBytes(source)) return digestBytes(hash, viewOf(source));
  const hasher = nodeCrypto.createHash(hash.nodeName);
  for await (const chunk of chunksOf(source, signal)) hasher.update(chunk);
  return hasher.digest();
}
