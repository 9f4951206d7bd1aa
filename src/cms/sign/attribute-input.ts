import type { Bytes } from "../../base/bytes.js";
import { exactCopy, isBufferSource, viewOf } from "../../base/bytes.js";
import { messageOf } from "../../base/errors.js";
import { encode, inOrder, TAGS } from "../asn1/der.js";
import { MalformedAsn1 } from "../asn1/element.js";
import { isObjectIdentifier, objectIdentifier } from "../asn1/object-identifier.js";
import { ATTRIBUTES, CONTENT_TYPES } from "../asn1/oids.js";
import { requireDer } from "../asn1/require-der.js";
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

/**
 * What a caller may say in attributes, in all. What is signed beside a hash is small, and must be: so much is hashed at once,
 * and no new certificate can come in between its being written into the attributes and the signing.
 */
const MOST_BYTES = 256 * 1024;

/** Of a caller, and values in one: who verifies reads no more than a hundred. */
const MOST_ATTRIBUTES = 90;
const MOST_VALUES = 100;

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
 * no value, for an attribute that cannot be signed, and for too many of them, values or bytes
 */
export function readAttributes(inputs: Iterable<AttributeInput>): EncodedAttribute[] {
  if (typeof inputs !== "object" || !(Symbol.iterator in Object(inputs)))
    throw refused("CONFIG_INVALID", "attributes must be a list");
  const room = new Room();
  const attributes: EncodedAttribute[] = [];
  // What has no end is read until there is no room.
  for (const input of inputs) {
    if (attributes.length === MOST_ATTRIBUTES)
      throw refused("CONFIG_INVALID", `there are more than ${MOST_ATTRIBUTES} attributes`);
    const name = `attribute ${attributes.length + 1} of those given`;
    if (typeof input !== "object" || input === null)
      throw refused("CONFIG_INVALID", `${name} is no attribute`);
    attributes.push(readAttribute(input, name, room));
  }
  return attributes;
}

function readAttribute({ type, values }: AttributeInput, name: string, room: Room): EncodedAttribute {
  if (!isObjectIdentifier(type))
    throw refused("CONFIG_INVALID", `${name} has no object identifier as its type`);
  if (UNSIGNED.has(type))
    throw refused("CONFIG_INVALID", `${name}, ${type}, cannot be signed: it is about the signature`);
  const encoded: Bytes[] = [];
  for (const value of valuesOf(values)) {
    const der = readValue(value, `${name}, ${type},`);
    room.take(der.length);
    if (encoded.length === MOST_VALUES)
      throw refused("CONFIG_INVALID", `${name}, ${type}, has more than ${MOST_VALUES} values`);
    encoded.push(der);
  }
  if (encoded.length === 0) throw refused("CONFIG_INVALID", `${name}, ${type}, has no value`);
  return attribute(type, ...encoded);
}

/** For what the caller says in attributes. */
class Room {
  #left = MOST_BYTES;

  take(bytes: number): void {
    this.#left -= bytes;
    if (this.#left < 0) throw refused("CONFIG_INVALID", `the attributes are longer than ${MOST_BYTES} bytes`);
  }
}

function valuesOf(values: AttributeInput["values"]): Iterable<AttributeValue> {
  const isOne = isBufferSource(values) || !(Symbol.iterator in Object(values));
  return isOne ? [values as AttributeValue] : (values as Iterable<AttributeValue>);
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
export function contentHints(hint: ContentHint): EncodedAttribute {
  if (typeof hint !== "object" || hint === null)
    throw refused("CONFIG_INVALID", "contentHint must be an object with a description or a content type");
  const { description, contentType = CONTENT_TYPES.data } = hint;
  if (!isObjectIdentifier(contentType))
    throw refused("CONFIG_INVALID", "contentHint.contentType is no object identifier");
  if (description !== undefined && (typeof description !== "string" || description === ""))
    throw refused("CONFIG_INVALID", "contentHint.description must be a text with a character at least");
  if (description !== undefined && !isWellFormed(description))
    throw refused("CONFIG_INVALID", "contentHint.description has half of a character, which is no text");
  if (description !== undefined) new Room().take(Buffer.byteLength(description));
  const text = description === undefined ? [] : [utf8(description)];
  return attribute(ATTRIBUTES.contentHint, encode(TAGS.sequence, ...text, objectIdentifier(contentType)));
}

/** @throws {SignPathError} `CONFIG_INVALID` */
export function mimeTypeAttribute(mimeType: string): EncodedAttribute {
  if (typeof mimeType !== "string" || !MEDIA_TYPE.test(mimeType))
    throw refused("CONFIG_INVALID", 'mimeType must be one as "application/pdf" is');
  return attribute(ATTRIBUTES.mimeType, utf8(mimeType));
}

/** Whether each surrogate has its other half; UTF-8 would have U+FFFD in place of one that has not. */
function isWellFormed(text: string): boolean {
  return !/\p{Surrogate}/u.test(text);
}

function utf8(text: string): Bytes {
  return encode(TAGS.utf8String, Buffer.from(text, "utf8"));
}
