import * as pkijs from "pkijs";
import { Undecodable } from "../../api/decode.js";
import type { Bytes } from "../../base/bytes.js";
import { exactCopy } from "../../base/bytes.js";
import { TAGS } from "../asn1/der.js";
import type { Element } from "../asn1/element.js";
import { childrenOf, MalformedAsn1, readElement } from "../asn1/element.js";
import { readObjectIdentifier } from "../asn1/object-identifier.js";
import { ATTRIBUTES, CONTENT_TYPES } from "../asn1/oids.js";
import { octets } from "../sign/edit/read.js";

/** What a timestamp token (RFC 3161, section 2.4.2) holds. Nothing of it has been checked. */
export interface Token {
  /** DER of the ContentInfo. */
  readonly bytes: Bytes;
  readonly info: pkijs.TSTInfo;
  /** DER of those that it brings along. */
  readonly certificates: readonly Bytes[];
}

const MOST_CERTIFICATES = 50;
const MOST_ATTRIBUTES = 50;
const LONGEST_INFO_BYTES = 16 * 1024;

const CERTIFICATE_IDS: ReadonlySet<string> = new Set([
  ATTRIBUTES.signingCertificate,
  ATTRIBUTES.signingCertificateV2,
]);

/**
 * @throws {MalformedAsn1} where it is no token in DER
 * @throws {Undecodable} where it is about something else, or its signer names no certificate
 */
export function readToken(bytes: Bytes): Token {
  const [type, content] = fieldsOf(readElement(bytes), TAGS.sequence, "ContentInfo");
  if (type === undefined || readObjectIdentifier(type) !== CONTENT_TYPES.signedData)
    throw new Undecodable("its token is no SignedData");
  const signedData = only(content, TAGS.context0, "ContentInfo");
  const [, , encapsulated, ...rest] = fieldsOf(signedData, TAGS.sequence, "SignedData");
  const certificates = rest.find(({ tag }) => tag === TAGS.context0);
  requireCertificateId(only(rest.at(-1), TAGS.set, "the set of signers, of which there must be one,"));
  return {
    bytes,
    info: readInfo(encapsulated),
    certificates: certificates === undefined ? [] : certificatesIn(certificates),
  };
}

function readInfo(encapsulated: Element | undefined): pkijs.TSTInfo {
  const [type, content] = fieldsOf(encapsulated, TAGS.sequence, "EncapsulatedContentInfo");
  if (type === undefined || readObjectIdentifier(type) !== CONTENT_TYPES.tstInfo)
    throw new Undecodable("its token is about something else than a time");
  const encoded = octets(only(content, TAGS.context0, "EncapsulatedContentInfo"));
  if (encoded.length > LONGEST_INFO_BYTES) throw new MalformedAsn1("TSTInfo is too long");
  // It is read to its end: pkijs passes over what follows.
  return pkijs.TSTInfo.fromBER(readElement(encoded).bytes);
}

function certificatesIn(set: Element): Bytes[] {
  const found = childrenOf(set).filter(({ tag }) => tag === TAGS.sequence);
  if (found.length > MOST_CERTIFICATES) throw new MalformedAsn1("there are too many certificates");
  return found.map(({ bytes }) => exactCopy(bytes));
}

/** The signer must name its certificate (RFC 3161, section 2.4.2; RFC 5816, section 2.2.1). */
function requireCertificateId(signer: Element): void {
  // With a subject key identifier, `[0]` comes twice, but that one is primitive.
  const attributes = fieldsOf(signer, TAGS.sequence, "SignerInfo").find(({ tag }) => tag === TAGS.context0);
  const found = attributes === undefined ? [] : childrenOf(attributes);
  if (found.length > MOST_ATTRIBUTES) throw new MalformedAsn1("there are too many attributes");
  const isNamed = found.some((attribute) => {
    const [type] = fieldsOf(attribute, TAGS.sequence, "Attribute");
    return type !== undefined && CERTIFICATE_IDS.has(readObjectIdentifier(type));
  });
  if (!isNamed) throw new Undecodable("its token does not name its signer's certificate");
}

function fieldsOf(element: Element | undefined, tag: number, type: string): Element[] {
  if (element?.tag !== tag) throw new MalformedAsn1(`${type} is missing`);
  if (element.isIndefinite) throw new MalformedAsn1("it is BER, not DER");
  return childrenOf(element);
}

/** What is in an element that holds one. */
function only(element: Element | undefined, tag: number, type: string): Element {
  const [inner, ...more] = fieldsOf(element, tag, type);
  if (inner === undefined || more.length > 0) throw new MalformedAsn1(`${type} does not hold one value`);
  return inner;
}
