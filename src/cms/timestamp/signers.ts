import type { Bytes } from "../../base/bytes.js";
import { concatAll, equal } from "../../base/bytes.js";
import { encode, header, TAGS } from "../asn1/der.js";
import type { Element } from "../asn1/element.js";
import { childrenOf, MalformedAsn1, readElement } from "../asn1/element.js";
import { objectIdentifier, readObjectIdentifier } from "../asn1/object-identifier.js";
import { CONTENT_TYPES, timestampAttributeOf } from "../asn1/oids.js";
import { octets } from "../sign/edit/read.js";

const SIGNED_DATA = objectIdentifier(CONTENT_TYPES.signedData);
const END_OF_CONTENTS = Uint8Array.of(0, 0);
const MOST_SIGNERS = 100;
/** In one piece, or in several as BER may have it (X.690, section 8.7.3). */
const OCTET_STRINGS: ReadonlySet<number> = new Set([TAGS.octetString, 0x24]);

/** A SignerInfo (RFC 5652, section 5.3) as it stands in a SignedData. */
export interface Signer {
  /** Content of the signature's OCTET STRING. */
  readonly signature: Bytes;
  readonly isStamped: boolean;
}

/** A SignedData whose signers can be given a timestamp token, while every other byte stays as it is. */
export interface Signers {
  readonly signers: readonly Signer[];
  /**
   * The ContentInfo with these tokens (DER) as the attribute signatureTimeStampToken (RFC 3161, appendix A), or the one that
   * Authenticode has for them. Lengths around them grow; of signers and attributes in DER's order, that is kept.
   */
  readonly withTokens: (tokens: ReadonlyMap<Signer, Bytes>) => Bytes;
}

/**
 * Finds the signers in CMS SignedData, DER or BER.
 *
 * @throws {MalformedAsn1}
 */
export function findSigners(cms: Bytes): Signers {
  const contentInfo = readElement(cms);
  const [type, explicit] = fieldsOf(contentInfo, TAGS.sequence, "ContentInfo");
  if (type === undefined || !equal(type.bytes, SIGNED_DATA)) throw new MalformedAsn1("it is no SignedData");
  const [signedData] = fieldsOf(explicit, TAGS.context0, "ContentInfo");
  const fields = fieldsOf(signedData, TAGS.sequence, "SignedData");
  const set = fields.at(-1);
  const found = fieldsOf(set, TAGS.set, "the set of signers");
  if (found.length > MOST_SIGNERS) throw new MalformedAsn1(`there are more than ${MOST_SIGNERS} signers`);
  const stamp = objectIdentifier(timestampAttributeOf(contentTypeOf(fields[2])));
  const signers = found.map((element) => ({ element, ...readSigner(element, stamp) }));
  return {
    signers,
    withTokens(tokens) {
      if (set === undefined || explicit === undefined || signedData === undefined) return cms;
      const parts = signers.map((signer) => {
        const token = tokens.get(signer);
        return token === undefined ? signer.element.bytes : stamped(signer.element, stamp, token);
      });
      const newSet = rewrap(set, inTheirOrder(found, parts));
      const inner = rewrap(signedData, [...fields.slice(0, -1).map(({ bytes }) => bytes), newSet]);
      return rewrap(contentInfo, [type.bytes, rewrap(explicit, [inner])]);
    },
  };
}

function contentTypeOf(encapContentInfo: Element | undefined): string {
  const [type] = fieldsOf(encapContentInfo, TAGS.sequence, "EncapsulatedContentInfo");
  return readObjectIdentifier(type);
}

function readSigner(element: Element, stamp: Bytes): Signer {
  const fields = fieldsOf(element, TAGS.sequence, "SignerInfo");
  const signature = fields.findLast(({ tag }) => OCTET_STRINGS.has(tag));
  if (signature === undefined) throw new MalformedAsn1("a signer has no signature");
  return {
    signature: octets(signature),
    isStamped: attributesOf(fields).some((each) => isOfType(each, stamp)),
  };
}

/** Unsigned attributes. */
function attributesOf(fields: readonly Element[]): Element[] {
  const last = fields.at(-1);
  return last?.tag === TAGS.context1 ? childrenOf(last) : [];
}

function isOfType(attribute: Element, expected: Bytes): boolean {
  const [type] = fieldsOf(attribute, TAGS.sequence, "Attribute");
  return type !== undefined && equal(type.bytes, expected);
}

function stamped(signer: Element, stamp: Bytes, token: Bytes): Bytes {
  const attribute = encode(TAGS.sequence, stamp, encode(TAGS.set, token));
  const fields = childrenOf(signer);
  const last = fields.at(-1);
  if (last?.tag !== TAGS.context1)
    return rewrap(signer, [...fields.map(({ bytes }) => bytes), encode(TAGS.context1, attribute)]);
  const attributes = rewrap(last, inserted(attribute, childrenOf(last)));
  return rewrap(signer, [...fields.slice(0, -1).map(({ bytes }) => bytes), attributes]);
}

/** Where DER has it, if the others are in DER's order. */
function inserted(attribute: Bytes, others: readonly Element[]): Bytes[] {
  const all = others.map(({ bytes }) => bytes);
  const after = all.findIndex((bytes) => Buffer.compare(bytes, attribute) > 0);
  return all.toSpliced(after === -1 ? all.length : after, 0, attribute);
}

/** A SET OF in DER's order (X.690, section 11.6) is in that order again; another one stays in its own. */
function inTheirOrder(before: readonly Element[], now: readonly Bytes[]): readonly Bytes[] {
  const wasSorted = before.every(({ bytes }, index) => {
    const previous = before[index - 1];
    return previous === undefined || Buffer.compare(previous.bytes, bytes) <= 0;
  });
  return wasSorted ? now.toSorted(Buffer.compare) : now;
}

/** An element of the same tag and form with other contents. */
function rewrap({ tag, isIndefinite }: Element, contents: readonly Uint8Array[]): Bytes {
  if (isIndefinite) return concatAll([Uint8Array.of(tag, 0x80), ...contents, END_OF_CONTENTS]);
  const length = contents.reduce((sum, part) => sum + part.byteLength, 0);
  return concatAll([header(tag, length), ...contents]);
}

function fieldsOf(element: Element | undefined, tag: number, type: string): Element[] {
  if (element?.tag !== tag) throw new MalformedAsn1(`${type} is not where it should be`);
  return childrenOf(element);
}
