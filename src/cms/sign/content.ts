import type { Bytes } from "../../base/bytes.js";
import { concatAll, exactCopy, viewOf } from "../../base/bytes.js";
import type { SignPathError } from "../../base/errors.js";
import { messageOf } from "../../base/errors.js";
import type { SigningSource } from "../../policy/signing-policy.js";
import { chunksOf, isBytes } from "../../subtle/source.js";
import { readElement } from "../asn1/element.js";
import { refused } from "./refusal.js";

/** Attached content in memory may have up to this many bytes. */
const MOST_BYTES = 1024 ** 3;

/** Copies of this size take less memory until they are collected than those of a MiB. */
const CHUNK_BYTES = 256 * 1024;

/**
 * The whole content, as it is at the time of the call.
 *
 * @throws {SignPathError} `REQUEST_REJECTED` where it is too large, `ABORTED`
 */
export async function readContent(source: SigningSource, signal: AbortSignal | undefined): Promise<Bytes> {
  if (isBytes(source)) {
    requireRoom(source.byteLength);
    return exactCopy(viewOf(source));
  }
  if (source instanceof Blob) requireRoom(source.size);
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of chunksOf(source, signal)) {
    length += chunk.byteLength;
    requireRoom(length);
    chunks.push(exactCopy(chunk));
  }
  return concatAll(chunks);
}

function requireRoom(length: number): void {
  if (length <= MOST_BYTES) return;
  throw refused(
    "REQUEST_REJECTED",
    `content of more than ${MOST_BYTES} bytes cannot be attached in memory: sign it detached, or with signCmsStream`,
  );
}

/** The chunks of a source, none of more than 256 KiB: bytes in memory are one chunk, of whatever length. */
export async function* smallChunksOf(
  source: SigningSource,
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array, void, void> {
  for await (const chunk of chunksOf(source, signal)) {
    for (let begin = 0; begin < chunk.byteLength; begin += CHUNK_BYTES)
      yield chunk.subarray(begin, begin + CHUNK_BYTES);
  }
}

/**
 * What is hashed of content that is one DER value: all but its tag and its length (RFC 2315, section 9.3).
 *
 * @throws {SignPathError} `REQUEST_REJECTED`
 */
export function contentOctets(value: Bytes): Bytes {
  try {
    const { content, isIndefinite } = readElement(value);
    if (!isIndefinite) return content;
  } catch (cause) {
    throw notDer(messageOf(cause), cause);
  }
  throw notDer("its length is indefinite");
}

function notDer(reason: string, cause?: unknown): SignPathError {
  return refused("REQUEST_REJECTED", `the content is not one DER value: ${reason}; nothing was sent`, cause);
}
