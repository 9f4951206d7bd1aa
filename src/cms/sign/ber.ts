import type { Bytes } from "../../base/bytes.js";
import { concat } from "../../base/bytes.js";
import { octetStringHeader } from "./encode.js";

/** Content in one piece of a constructed OCTET STRING, so that its encoding does not depend on how it was read. */
const PIECE_BYTES = 256 * 1024;

/** Content as the pieces of a constructed OCTET STRING (X.690, section 8.7.3), by turns a header and bytes. */
export function pieces(content: Bytes): Uint8Array[] {
  const found: Uint8Array[] = [];
  for (let begin = 0; begin < content.length; begin += PIECE_BYTES) {
    const piece = content.subarray(begin, begin + PIECE_BYTES);
    found.push(octetStringHeader(piece.length), piece);
  }
  return found;
}

/** The same of content that comes chunk by chunk: each piece with its header, in a buffer of its own. */
export async function* piecesOf(
  chunks: AsyncIterable<Uint8Array>,
  onChunk: (chunk: Uint8Array) => void,
): AsyncGenerator<Bytes, void, void> {
  const header = octetStringHeader(PIECE_BYTES);
  let piece = new Uint8Array(header.length + PIECE_BYTES);
  let used = 0;
  for await (const chunk of chunks) {
    onChunk(chunk);
    for (let begin = 0; begin < chunk.length; ) {
      const taken = chunk.subarray(begin, begin + PIECE_BYTES - used);
      piece.set(taken, header.length + used);
      begin += taken.length;
      used += taken.length;
      if (used < PIECE_BYTES) continue;
      piece.set(header);
      yield piece;
      piece = new Uint8Array(header.length + PIECE_BYTES);
      used = 0;
    }
  }
  if (used > 0) yield concat(octetStringHeader(used), piece.subarray(header.length, header.length + used));
}
