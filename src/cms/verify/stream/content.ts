import type { Header } from "../asn1/header.js";
import { LIMITS, Malformed, TooLarge } from "../asn1/limits.js";
import { TAG } from "../asn1/tags.js";
import type { Reader } from "./frame.js";

/** Takes pieces of the content in their order. A piece is good until it returns. */
export type ContentSink = (chunk: Uint8Array) => void | Promise<void>;

/**
 * Hands on the bytes of an OCTET STRING of any size and form: primitive, or in pieces of definite or indefinite length
 * (X.690, section 8.7), in constant memory.
 *
 * @throws {Malformed}
 */
export async function readOctets(
  reader: Reader,
  header: Header,
  sink: ContentSink,
  depth = 0,
): Promise<void> {
  const inner = reader.open(header);
  if (header.tag === TAG.octetString) return readPiece(reader, header.length ?? 0, sink);
  if (header.tag !== TAG.constructedOctetString)
    throw new Malformed("a piece of the content is no OCTET STRING");
  if (depth >= LIMITS.contentDepth) throw new TooLarge("the pieces of the content are nested too deeply");
  for (let piece = await reader.peek(inner); piece !== undefined; piece = await reader.peek(inner))
    await readOctets(reader, piece, sink, depth + 1);
  await reader.leave(inner);
}

async function readPiece({ input }: Reader, length: number, sink: ContentSink): Promise<void> {
  for (let missing = length; missing > 0; ) {
    if (input.pending.length === 0 && (await input.fill(1)).length === 0)
      throw new Malformed("it ends before its end");
    const chunk = input.take(missing);
    missing -= chunk.length;
    await sink(chunk);
  }
}
