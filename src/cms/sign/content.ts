import { exactCopy, viewOf } from "../../base/bytes.js";
import { SignPathError } from "../../base/errors.js";
import type { SigningSource } from "../../policy/signing-policy.js";
import { chunksOf, isBytes } from "../../subtle/source.js";

/** Attached content is held in memory, up to this many bytes. */
const MOST_BYTES = 1024 ** 3;

/**
 * The whole content, as it is at the time of the call.
 *
 * @throws {SignPathError} `REQUEST_REJECTED` where it is too large, `ABORTED`
 */
export async function readContent(
  source: SigningSource,
  signal: AbortSignal | undefined,
): Promise<Uint8Array> {
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
  return Buffer.concat(chunks, length);
}

function requireRoom(length: number): void {
  if (length <= MOST_BYTES) return;
  const message = `content of more than ${MOST_BYTES} bytes cannot be attached: sign it detached`;
  throw new SignPathError("REQUEST_REJECTED", message, { stage: "cms" });
}
