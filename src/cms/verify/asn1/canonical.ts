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
 */
export function canonical(value: Value, tag: number = value.tag, depth: number = 0): Uint8Array {
  if (depth > LIMITS.depth) throw new TooLarge("values are nested too deeply");
  if ((value.tag & CONSTRUCTED) === 0) return concat(header(tag, value.content.length), value.content);
  const parts = childrenOf(value).map((child) => canonical(child, child.tag, depth + 1));
  if (tag === TAG.set) parts.sort(Buffer.compare);
  return concat(
    header(
      tag,
      parts.reduce((sum, part) => sum + part.length, 0),
    ),
    ...parts,
  );
}
