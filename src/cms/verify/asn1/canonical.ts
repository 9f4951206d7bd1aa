import { concat } from "../../../base/bytes.js";
import { header } from "../../asn1/der.js";
import { LIMITS, TooLarge } from "./limits.js";
import { CONSTRUCTED, TAG } from "./tags.js";
import type { Value } from "./value.js";
import { childrenOf } from "./value.js";

/**
 * The value with lengths as short as they can be and every SET in ascending order (X.690, sections 10.1 and 11.6). DER
 * stays as it is.
 *
 * @param tag - in place of the value's own
 * @throws {TooLarge}
 */
export function canonical(value: Value, tag: number = value.tag): Uint8Array {
  return encode(value, tag, 0, { elements: LIMITS.canonicalElements });
}

function encode(value: Value, tag: number, depth: number, left: { elements: number }): Uint8Array {
  left.elements -= 1;
  if (left.elements < 0) throw new TooLarge("there are too many values in one");
  if (depth > LIMITS.depth) throw new TooLarge("values are nested too deeply");
  if ((value.tag & CONSTRUCTED) === 0) return concat(header(tag, value.content.length), value.content);
  const parts = childrenOf(value).map((child) => encode(child, child.tag, depth + 1, left));
  if (tag === TAG.set) parts.sort(Buffer.compare);
  return concat(
    header(
      tag,
      parts.reduce((sum, part) => sum + part.length, 0),
    ),
    ...parts,
  );
}
