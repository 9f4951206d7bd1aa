import * as asn1js from "asn1js";
import type { Bytes } from "../../base/bytes.js";
import { concat } from "../../base/bytes.js";
import { header, TAGS } from "./der.js";
import type { Element } from "./element.js";
import { MalformedAsn1 } from "./element.js";

/** Dotted, its first arc 0, 1 or 2 (X.660, section 7), of a length that identifiers in use are far below. */
const DOTTED = /^[0-2](?:\.(?:0|[1-9]\d{0,38})){1,60}$/;

/** The longest that is read, in bytes: what verifies reads no longer one either, and to decode one takes the square of its length. */
const LONGEST_BYTES = 64;

/** Whether a text is an object identifier in dotted form. */
export function isObjectIdentifier(text: unknown): text is string {
  return (
    typeof text === "string" && DOTTED.test(text) && (text[0] === "2" || Number(text.split(".")[1]) < 40)
  );
}

/** The DER of an object identifier. */
export function objectIdentifier(dotted: string): Bytes {
  return new Uint8Array(new asn1js.ObjectIdentifier({ value: dotted }).toBER());
}

/** `AlgorithmIdentifier` without parameters, as RFC 5754, section 2, has it for SHA-2. */
export function algorithmIdentifier(dotted: string): Bytes {
  const oid = objectIdentifier(dotted);
  return concat(header(TAGS.sequence, oid.length), oid);
}

/**
 * The dotted form of an object identifier.
 *
 * @throws {MalformedAsn1}
 */
export function readObjectIdentifier(element: Element | undefined): string {
  if (element?.tag !== TAGS.objectIdentifier) throw new MalformedAsn1("a value is no OBJECT IDENTIFIER");
  if (element.content.length > LONGEST_BYTES) throw new MalformedAsn1("an OBJECT IDENTIFIER is too long");
  const block = asn1js.fromBER(element.bytes).result;
  const dotted =
    block instanceof asn1js.ObjectIdentifier && block.error === "" && block.valueBlock.toString();
  if (isObjectIdentifier(dotted)) return dotted;
  throw new MalformedAsn1("an OBJECT IDENTIFIER is not well formed");
}
