import * as nodeCrypto from "node:crypto";
import { exactCopy, isBufferSource, viewOf } from "../base/bytes.js";
import type { HashAlgorithm } from "../key/hashes.js";
import type { SigningSource } from "../policy/signing-policy.js";
import { chunksOf, isBytes } from "./source.js";

/** Above this many bytes a hash is computed on another thread, which costs a copy and two switches. */
const LARGE_BYTES = 1024 * 1024;

/** Node's hash functions take no more at once. */
const MOST_BYTES = 2 ** 31 - 1;

/**
 * The digest of bytes in memory, as they are at the time of the call, in Base64: of few at once, of many off the event
 * loop's back.
 */
export function digestBase64(hash: HashAlgorithm, data: Uint8Array): string | Promise<string> {
  if (data.byteLength > MOST_BYTES) return digestSlices(hash, data);
  if (data.byteLength > LARGE_BYTES) return digestOffThread(hash, data);
  return nodeCrypto.hash(hash.nodeName, data, "base64");
}

/** At once, because the data may change and is too long to copy. */
function digestSlices(hash: HashAlgorithm, data: Uint8Array): string {
  const hasher = nodeCrypto.createHash(hash.nodeName);
  for (let begin = 0; begin < data.byteLength; begin += MOST_BYTES) {
    hasher.update(data.subarray(begin, begin + MOST_BYTES));
  }
  return hasher.digest("base64");
}

async function digestOffThread(hash: HashAlgorithm, data: Uint8Array): Promise<string> {
  const digest = await nodeCrypto.webcrypto.subtle.digest(hash.name, data as Uint8Array<ArrayBuffer>);
  return Buffer.from(digest).toString("base64");
}

/** The digest of a source of any size, in constant memory beside the source itself. */
export async function digestSource(
  hash: HashAlgorithm,
  source: SigningSource,
  signal?: AbortSignal | undefined,
): Promise<Uint8Array> {
  if (isBytes(source)) {
    const view = viewOf(source);
    // Another thread may write to shared memory at any time.
    const digest = await digestBase64(hash, isBufferSource(source) ? view : exactCopy(view));
    return Buffer.from(digest, "base64");
  }
  const hasher = nodeCrypto.createHash(hash.nodeName);
  for await (const chunk of chunksOf(source, signal)) hasher.update(chunk);
  return hasher.digest();
}
