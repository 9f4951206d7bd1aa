import type { Bytes } from "../../base/bytes.js";
import { exactCopy, isBufferSource, viewOf } from "../../base/bytes.js";
import { messageOf } from "../../base/errors.js";
import { encode, inOrder, TAGS } from "../asn1/der.js";
import { MalformedAsn1, requireDer } from "../asn1/element.js";
import { isObjectIdentifier, objectIdentifier } from "../asn1/object-identifier.js";
import { ATTRIBUTES, CONTENT_TYPES } from "../asn1/oids.js";
import { refused } from "./refusal.js";

/** A value of an attribute: DER, or an object of asn1js or pkijs that can give it. */
export type AttributeValue =
  | Uint8Array
  | ArrayBuffer
  | { toBER(): ArrayBuffer }
  | { toSchema(): { toBER(): ArrayBuffer } };

/** An attribute; those of pkijs are of this shape. */
export interface AttributeInput {
  /** Object identifier, dotted. */
  readonly type: string;
  readonly values: AttributeValue | Iterable<AttributeValue>;
}

/** What the signed content holds, for who cannot look into it (RFC 2634, section 2.9). */
export interface ContentHint {
  readonly description?: string | undefined;
  /** Object identifier of the innermost content's type. Default: id-data. */
  readonly contentType?: string | undefined;
}

/** An attribute as it is signed. */
export interface EncodedAttribute {
  readonly type: string;
  readonly der: Bytes;
}

/** Attributes in all; what is signed beside a hash is small. */
const MOST_BYTES = 256 * 1024;

/** These are no signed attributes: they are about the signature that is still to be made. */
const UNSIGNED: ReadonlySet<string> = new Set([
  ATTRIBUTES.countersignature,
  ATTRIBUTES.signatureTimeStampToken,
  ATTRIBUTES.authenticodeTimeStampToken,
]);

/** Type and subtype with parameters (RFC 2045, section 5.1). */
const MEDIA_TYPE = /^[\w!#$&^.+-]{1,127}\/[\w!#$&^.+-]{1,127}(?:\s*;[\x20-\x7e]{1,500})?$/;

/** An attribute whose values are DER already. */
export function attribute(type: string, ...values: readonly Bytes[]): EncodedAttribute {
  const set = encode(TAGS.set, ...inOrder(values));
  return { type, der: encode(TAGS.sequence, objectIdentifier(type), set) };
}

/**
 * A caller's attributes.
 *
 * @throws {SignPathError} `CONFIG_INVALID` where a type is no object identifier or a value not one DER value, where there is
 * no value, for an attribute that cannot be signed, and for too many bytes
 */
export function readAttributes(inputs: Iterable<AttributeInput>): EncodedAttribute[] {
  const attributes = [...inputs].map(({ type, values }, index) => {
    const name = `attribute ${index + 1} of those given`;
    if (!isObjectIdentifier(type))
      throw refused("CONFIG_INVALID", `${name} has no object identifier as its type`);
    if (UNSIGNED.has(type))
      throw refused("CONFIG_INVALID", `${name}, ${type}, cannot be signed: it is about the signature`);
    const encoded = valuesOf(values).map((value) => readValue(value, `${name}, ${type},`));
    if (encoded.length === 0) throw refused("CONFIG_INVALID", `${name}, ${type}, has no value`);
    return attribute(type, ...encoded);
  });
  if (attributes.reduce((sum, { der }) => sum + der.length, 0) > MOST_BYTES)
    throw refused("CONFIG_INVALID", `the attributes are longer than ${MOST_BYTES} bytes`);
  return attributes;
}

function valuesOf(values: AttributeInput["values"]): AttributeValue[] {
  const isOne = isBufferSource(values) || !(Symbol.iterator in Object(values));
  return isOne ? [values as AttributeValue] : [...(values as Iterable<AttributeValue>)];
}

function readValue(value: AttributeValue, name: string): Bytes {
  try {
    const der = exactCopy(derOf(value));
    requireDer(der);
    return der;
  } catch (cause) {
    const reason = cause instanceof MalformedAsn1 ? cause.message : messageOf(cause);
    throw refused("CONFIG_INVALID", `${name} has a value that is not one DER value: ${reason}`, cause);
  }
}

function derOf(value: AttributeValue): Uint8Array {
  if (isBufferSource(value)) return viewOf(value);
  const block = "toSchema" in value ? value.toSchema() : value;
  return new Uint8Array(block.toBER());
}

/**
 * `ContentHints { contentDescription UTF8String OPTIONAL, contentType }`.
 *
 * @throws {SignPathError} `CONFIG_INVALID`
 */
export function contentHints({
  description,
  contentType = CONTENT_TYPES.data,
}: ContentHint): EncodedAttribute {
  if (!isObjectIdentifier(contentType))
    throw refused("CONFIG_INVALID", "contentHint.contentType is no object identifier");
  if (description !== undefined && (typeof description !== "string" || description === ""))
    throw refused("CONFIG_INVALID", "contentHint.description must be a text with a character at least");
  const text = description === undefined ? [] : [utf8(description)];
  return attribute(ATTRIBUTES.contentHint, encode(TAGS.sequence, ...text, objectIdentifier(contentType)));
}

/** @throws {SignPathError} `CONFIG_INVALID` */
export function mimeTypeAttribute(mimeType: string): EncodedAttribute {
  if (typeof mimeType !== "string" || !MEDIA_TYPE.test(mimeType))
    throw refused("CONFIG_INVALID", 'mimeType must be one as "application/pdf" is');
  return attribute(ATTRIBUTES.mimeType, utf8(mimeType));
}

function utf8(text: string): Bytes {
  return encode(TAGS.utf8String, Buffer.from(text, "utf8"));
}
