import type { Bytes } from "../../../base/bytes.js";
import { concat, exactCopy, isBufferSource, viewOf } from "../../../base/bytes.js";
import { messageOf } from "../../../base/errors.js";
import { TAGS } from "../../asn1/der.js";
import type { Element } from "../../asn1/element.js";
import { childrenOf, elementsIn, MalformedAsn1, readElement } from "../../asn1/element.js";
import { readObjectIdentifier } from "../../asn1/object-identifier.js";
import { ATTRIBUTES, CONTENT_TYPES } from "../../asn1/oids.js";
import { refused } from "../refusal.js";
import type { SignerInfo } from "../signer-info.js";

/** An attribute (RFC 5652, section 5.3) that is there already. */
export interface ExistingAttribute {
  readonly bytes: Bytes;
  readonly oid: string;
  /** The SET of its values, which may be as many as there is room for. */
  readonly values: Element;
}

/** A SignerInfo that is there already. */
export interface ExistingSigner extends SignerInfo {
  readonly bytes: Bytes;
  /** Those that are not signed: `unsigned`, taken apart. */
  readonly unsignedAttributes: readonly ExistingAttribute[];
  /** Object identifier of the hash. */
  readonly digestOid: string;
  /** What it says of the content's digest; nothing where it has no signed attributes. */
  readonly messageDigest: Bytes | undefined;
}

/** A SignedData that is there already: everything in it as it is, byte for byte. */
export interface ExistingCms {
  readonly version: number;
  readonly digestAlgorithms: readonly Bytes[];
  /** Object identifiers of the hashes that it lists, in the order of `digestAlgorithms`. */
  readonly digestOids: readonly string[];
  readonly contentType: string;
  readonly encapContentInfo: Bytes;
  /** The eContent of an attached signature. */
  readonly content: Element | undefined;
  /** What of it is signed. */
  readonly contentOctets: Bytes | undefined;
  /** Whether the content stands there as a value of its own, which is PKCS #7 and no CMS. */
  readonly isPkcs7: boolean;
  readonly certificates: readonly Bytes[];
  readonly crls: readonly Bytes[];
  readonly signers: readonly ExistingSigner[];
}

/** More than who verifies reads, so that a small signature cannot fill the memory with its parts. */
const MOST_SIGNERS = 100;
const MOST_ATTRIBUTES = 1000;

/** Constructed strings within constructed strings that are followed. */
const MOST_DEPTH = 8;
/** Pieces of a string whatever their size; where there are more, bytes that one must have on average. */
const MOST_PIECES = 100_000;
const LEAST_PIECE_BYTES = 64;
const CONSTRUCTED_OCTET_STRING = 0x24;
const OCTET_STRINGS: ReadonlySet<number> = new Set([TAGS.octetString, CONSTRUCTED_OCTET_STRING]);

/**
 * Takes a CMS signature apart, DER or BER.
 *
 * @throws {SignPathError} `REQUEST_REJECTED` for what is none
 * @throws {TypeError} for what is no bytes
 */
export function readCms(cms: Uint8Array): ExistingCms {
  if (!isBufferSource(cms)) throw new TypeError("a CMS signature to edit must be bytes");
  try {
    return read(exactCopy(viewOf(cms)));
  } catch (cause) {
    const message = `the CMS signature cannot be read: ${messageOf(cause)}; nothing was sent`;
    throw refused("REQUEST_REJECTED", message, cause);
  }
}

function read(cms: Bytes): ExistingCms {
  const [type, explicit] = childrenOf(readElement(cms));
  if (type === undefined || readObjectIdentifier(type) !== CONTENT_TYPES.signedData)
    throw new MalformedAsn1("it is no SignedData");
  const [version, digestAlgorithms, encap, ...rest] = childrenOf(only(explicit));
  if (version?.tag !== TAGS.integer || digestAlgorithms?.tag !== TAGS.set || encap?.tag !== TAGS.sequence)
    throw new MalformedAsn1("its SignedData does not begin as one does");
  const optional = (tag: number): Bytes[] => {
    if (rest[0]?.tag !== tag) return [];
    return childrenOf(rest.shift() ?? encap).map(({ bytes }) => bytes);
  };
  const [certificates, crls] = [optional(TAGS.context0), optional(TAGS.context1)];
  const [signerInfos, ...more] = rest;
  if (signerInfos?.tag !== TAGS.set || more.length > 0)
    throw new MalformedAsn1("its SignedData does not end as one does");
  const algorithms = childrenOf(digestAlgorithms);
  return {
    version: version.content[0] ?? 0,
    digestAlgorithms: algorithms.map(({ bytes }) => bytes),
    digestOids: algorithms.map(algorithmOid),
    ...readContent(encap),
    certificates,
    crls,
    signers: childrenOf(signerInfos, MOST_SIGNERS).map(readSigner),
  };
}

type ExistingContent = Pick<
  ExistingCms,
  "contentType" | "encapContentInfo" | "content" | "contentOctets" | "isPkcs7"
>;

function readContent(encap: Element): ExistingContent {
  const [type, explicit] = childrenOf(encap);
  const contentType = readObjectIdentifier(type);
  const content = explicit && only(explicit);
  const isString = content === undefined || OCTET_STRINGS.has(content.tag);
  const isPkcs7 = contentType !== CONTENT_TYPES.data && !isString;
  const contentOctets = content && (isPkcs7 ? content.content : octets(content));
  return { contentType, encapContentInfo: encap.bytes, content, contentOctets, isPkcs7 };
}

/** What is in an explicit tag. */
function only(explicit: Element | undefined): Element {
  const [inner, ...more] = explicit?.tag === TAGS.context0 ? childrenOf(explicit) : [];
  if (inner === undefined || more.length > 0) throw new MalformedAsn1("a tag does not hold one value");
  return inner;
}

function readSigner(signerInfo: Element): ExistingSigner {
  const [version, sid, digestAlgorithm, ...rest] = childrenOf(signerInfo);
  const signedAttributes = rest[0]?.tag === TAGS.context0 ? rest.shift() : undefined;
  const [signatureAlgorithm, signature, unsigned, ...more] = rest;
  if (
    version?.tag !== TAGS.integer ||
    sid === undefined ||
    digestAlgorithm === undefined ||
    signatureAlgorithm === undefined ||
    signature === undefined ||
    (unsigned !== undefined && unsigned.tag !== TAGS.context1) ||
    more.length > 0
  )
    throw new MalformedAsn1("a SignerInfo does not have its parts");
  const attributes = signedAttributes === undefined ? [] : [signedAttributes];
  const signed = [version, sid, digestAlgorithm, ...attributes, signatureAlgorithm, signature];
  const unsignedAttributes = unsigned === undefined ? [] : attributesIn(unsigned);
  return {
    bytes: signerInfo.bytes,
    version: version.content[0] ?? 0,
    signed: concat(...signed.map(({ bytes }) => bytes)),
    signature: octets(signature),
    unsigned: unsignedAttributes.map(({ bytes }) => bytes),
    unsignedAttributes,
    digestOid: algorithmOid(digestAlgorithm),
    messageDigest: signedAttributes && messageDigestIn(signedAttributes),
  };
}

/** The identifier in an AlgorithmIdentifier. */
function algorithmOid(algorithm: Element): string {
  return readObjectIdentifier(childrenOf(algorithm)[0]);
}

function attributesIn(set: Element): ExistingAttribute[] {
  return childrenOf(set, MOST_ATTRIBUTES).map(readAttribute);
}

function readAttribute(attribute: Element): ExistingAttribute {
  const [type, values, ...more] = childrenOf(attribute);
  if (attribute.tag !== TAGS.sequence || values?.tag !== TAGS.set || more.length > 0)
    throw new MalformedAsn1("an attribute does not have its parts");
  return { bytes: attribute.bytes, oid: readObjectIdentifier(type), values };
}

function messageDigestIn(signedAttributes: Element): Bytes {
  const found = attributesIn(signedAttributes).filter(({ oid }) => oid === ATTRIBUTES.messageDigest);
  const [digest, ...more] = found.flatMap(({ values }) => childrenOf(values, MOST_ATTRIBUTES));
  if (digest === undefined || more.length > 0)
    throw new MalformedAsn1("a SignerInfo does not have one messageDigest");
  return octets(digest);
}

/**
 * The bytes of an OCTET STRING, primitive or constructed.
 *
 * @throws {MalformedAsn1}
 */
export function octets(string: Element, depth = 0): Bytes {
  if (string.tag === TAGS.octetString) return string.content;
  if (string.tag !== CONSTRUCTED_OCTET_STRING || depth > MOST_DEPTH)
    throw new MalformedAsn1("a value is no OCTET STRING");
  const most = Math.max(MOST_PIECES, string.content.length / LEAST_PIECE_BYTES);
  const pieces = elementsIn(string.content, 0, most).map((piece) => octets(piece, depth + 1));
  return exactCopy(Buffer.concat(pieces));
}
