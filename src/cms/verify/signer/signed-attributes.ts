import { equal } from "../../../base/bytes.js";
import { ATTRIBUTES } from "../../asn1/oids.js";
import { readAlgorithm } from "../asn1/algorithm.js";
import { Fields } from "../asn1/fields.js";
import { Malformed, TooLarge } from "../asn1/limits.js";
import { octetsOf, oidOf, timeOf } from "../asn1/primitives.js";
import { context, TAG } from "../asn1/tags.js";
import type { Value } from "../asn1/value.js";
import { readValue } from "../asn1/value.js";
import type { Beginning } from "../hashing.js";
import type { Attribute } from "../parse/attributes.js";
import { readAttributes, single } from "../parse/attributes.js";
import type { SignerInfo } from "../parse/signer-info.js";
import type { Reason, ReasonCode } from "../report.js";

/** Attributes that mean something only where they are signed (RFC 5652, sections 11.1 to 11.3; RFC 5035; RFC 6211). */
const SIGNED_ONLY: readonly (readonly [type: string, name: string])[] = [
  [ATTRIBUTES.contentType, "contentType"],
  [ATTRIBUTES.messageDigest, "messageDigest"],
  [ATTRIBUTES.signingTime, "signingTime"],
  [ATTRIBUTES.signingCertificate, "signingCertificate"],
  [ATTRIBUTES.signingCertificateV2, "signingCertificateV2"],
  [ATTRIBUTES.algorithmProtection, "CMSAlgorithmProtection"],
];

/** What the signed attributes say, and what is wrong with them. */
export interface AttributeFindings {
  readonly reasons: readonly Reason[];
  readonly signingTime: Date | undefined;
}

/**
 * Checks the signed attributes against what was signed: contentType and messageDigest once each, with one value, and
 * equal; the algorithms the same ones where CMSAlgorithmProtection names them; none of them unsigned. The signature over
 * them is not checked here.
 *
 * @param contentType - `undefined` for a counter-signature, which has none
 */
export function checkAttributes(
  signer: SignerInfo,
  contentType: string | undefined,
  digest: Uint8Array,
): AttributeFindings {
  const reasons: Reason[] = [];
  const add = (code: ReasonCode, message: string): void => {
    reasons.push({ code, message });
  };
  for (const [type, name] of SIGNED_ONLY) {
    if (signer.unsignedAttributes.some((attribute) => attribute.type === type))
      add("ATTRIBUTES_INVALID", `the attribute ${name} is not signed`);
  }
  const list = signer.signedAttributes?.list ?? [];
  const read = <T>(type: string, name: string, decode: (value: Value) => T): T | undefined => {
    try {
      return valueIn(list, type, name, decode);
    } catch (error) {
      if (!(error instanceof Malformed)) throw error;
      add("ATTRIBUTES_INVALID", error.message);
      return undefined;
    }
  };
  const type = read(ATTRIBUTES.contentType, "contentType", oidOf);
  const messageDigest = read(ATTRIBUTES.messageDigest, "messageDigest", octetsOf);
  const signingTime = read(ATTRIBUTES.signingTime, "signingTime", timeOf);
  const protection = read(ATTRIBUTES.algorithmProtection, "CMSAlgorithmProtection", protectionDefect(signer));
  if (protection) add("ALGORITHM_MISMATCH", protection);
  if (list.some((attribute) => attribute.type === ATTRIBUTES.countersignature))
    add("ATTRIBUTES_INVALID", "a counter-signature is among the signed attributes");
  if (signer.signedAttributes === undefined || reasons.length > 0) return { reasons, signingTime };
  if (contentType === undefined) {
    if (type !== undefined) add("ATTRIBUTES_INVALID", "a counter-signature has the attribute contentType");
  } else if (type === undefined) add("ATTRIBUTES_INVALID", "the attribute contentType is missing");
  else if (type !== contentType)
    add("CONTENT_TYPE_MISMATCH", `the content is of type ${contentType}, ${type} was signed`);
  if (messageDigest === undefined) add("ATTRIBUTES_INVALID", "the attribute messageDigest is missing");
  else if (!equal(messageDigest, digest))
    add("DIGEST_MISMATCH", "the content is not what was signed: its digest is another one");
  return { reasons, signingTime };
}

function valueIn<T>(
  list: readonly Attribute[],
  type: string,
  name: string,
  decode: (value: Value) => T,
): T | undefined {
  const found = single(list, type, name);
  if (found === undefined) return undefined;
  if ("defect" in found) throw new Malformed(found.defect);
  return decode(found.value);
}

/** CMSAlgorithmProtection (RFC 6211, section 2): why it does not protect these algorithms; empty where it does. */
function protectionDefect(signer: SignerInfo): (value: Value) => string {
  return (value) => {
    const fields = new Fields(value, "CMSAlgorithmProtection");
    const digest = readAlgorithm(fields.take("digestAlgorithm"));
    const signature = fields.optional(context(1, "constructed"));
    fields.end();
    if (signature === undefined) return "CMSAlgorithmProtection names no signature algorithm";
    const isSame =
      equal(digest.bytes, signer.digestAlgorithm.bytes) &&
      // The tag is implicit, and takes the place of the SEQUENCE's.
      equal(
        readAlgorithm(signature, signature.tag).bytes.subarray(1),
        signer.signatureAlgorithm.bytes.subarray(1),
      );
    return isSame ? "" : "the algorithms are not those that CMSAlgorithmProtection names";
  };
}

/**
 * Whether content is what a signature with signed attributes is over: taken for content, with the attributes left out,
 * that signature would be good for something that its signer has never seen.
 */
export function looksLikeAttributes({ bytes, length }: Beginning): boolean {
  if (bytes[0] !== TAG.set) return false;
  const isSpanned = isOfLength(bytes, length);
  // Text and signatures may begin with the same octet.
  if (isSpanned === false) return false;
  // Attributes may be large, with revocation lists among them: then a SET from beginning to end is enough.
  if (bytes.length < length) return isSpanned === true;
  try {
    const types = readAttributes(readValue(bytes)).map(({ type }) => type);
    return types.includes(ATTRIBUTES.messageDigest);
  } catch (error) {
    if (!(error instanceof Malformed)) throw error;
    return error instanceof TooLarge;
  }
}

/**
 * Whether a value has that length with its header, however many octets say so: others may read lengths that the reader here
 * refuses. `undefined` for an indefinite length.
 */
function isOfLength(bytes: Uint8Array, length: number): boolean | undefined {
  const first = bytes[1];
  if (first === undefined) return false;
  if (first < 0x80) return 2 + first === length;
  if (first === 0x80)
    return bytes.length < length || (bytes.at(-1) === 0 && bytes.at(-2) === 0) ? undefined : false;
  const end = 2 + (first & 0x7f);
  if (end > bytes.length) return false;
  return end + bytes.subarray(2, end).reduce((sum, octet) => sum * 256 + octet, 0) === length;
}
