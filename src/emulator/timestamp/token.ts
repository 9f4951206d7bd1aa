import { createHash, randomBytes, sign } from "node:crypto";
import * as asn1js from "asn1js";
import * as pkijs from "pkijs";
import { HASHES } from "../../wire/signing.js";
import type { TimestampIdentity } from "./identities.js";
import type { TimestampMistake } from "./mistakes.js";
import type { TimestampOrder } from "./reading.js";
import { TIMESTAMP_POLICY } from "./reading.js";

const TST_INFO = "1.2.840.113549.1.9.16.1.4";
const DATA = "1.2.840.113549.1.7.1";
const SIGNED_DATA = "1.2.840.113549.1.7.2";
const CONTENT_TYPE = "1.2.840.113549.1.9.3";
const MESSAGE_DIGEST = "1.2.840.113549.1.9.4";
const SIGNING_CERTIFICATE_V2 = "1.2.840.113549.1.9.16.2.47";
const ECDSA_WITH_SHA256 = "1.2.840.10045.4.3.2";
const OTHER_POLICY = "1.3.6.1.4.1.32473.2";
const HOUR_MS = 3_600_000;

/** Signs a timestamp (RFC 3161, section 2.4.2), or makes that mistake about it. */
export function makeToken(
  order: TimestampOrder,
  identity: TimestampIdentity,
  now: Date,
  mistake: TimestampMistake | undefined,
): pkijs.ContentInfo {
  const info = Buffer.from(infoOf(order, now, mistake).toSchema().toBER());
  const contentType = mistake === "content-type" ? DATA : TST_INFO;
  const sha256 = new pkijs.AlgorithmIdentifier({ algorithmId: HASHES["SHA-256"].oid });
  const signer = signerOf(info, contentType, identity, mistake);
  const certificates = [identity.certificate, ...identity.issuers].map((der) =>
    pkijs.Certificate.fromBER(new Uint8Array(der)),
  );
  const encapsulated = new pkijs.EncapsulatedContentInfo({ eContentType: contentType });
  // Given to the constructor, it would be cut into pieces, which DER has none of.
  encapsulated.eContent = octets(info);
  const signedData = new pkijs.SignedData({
    version: 3,
    digestAlgorithms: [sha256],
    encapContentInfo: encapsulated,
    ...(order.withCertificates && mistake !== "no-certificate" && { certificates }),
    signerInfos: mistake === "two-signers" ? [signer, signer] : [signer],
  });
  return new pkijs.ContentInfo({ contentType: SIGNED_DATA, content: signedData.toSchema(true) });
}

function infoOf(order: TimestampOrder, now: Date, mistake: TimestampMistake | undefined): pkijs.TSTInfo {
  const { hash, digest, nonce } = order;
  const shift = mistake === "past" ? -HOUR_MS : mistake === "future" ? HOUR_MS : 0;
  const otherHash = hash.oid === HASHES["SHA-256"].oid ? HASHES["SHA-512"].oid : HASHES["SHA-256"].oid;
  const answered = mistake === "nonce" ? changed(nonce ?? Buffer.of(1)) : nonce;
  return new pkijs.TSTInfo({
    version: mistake === "version" ? 2 : 1,
    policy: mistake === "policy" ? OTHER_POLICY : TIMESTAMP_POLICY,
    messageImprint: new pkijs.MessageImprint({
      hashAlgorithm: new pkijs.AlgorithmIdentifier({
        algorithmId: mistake === "hash" ? otherHash : hash.oid,
        algorithmParams: new asn1js.Null(),
      }),
      hashedMessage: new asn1js.OctetString({
        valueHex: bufferOf(mistake === "imprint" ? changed(digest) : digest),
      }),
    }),
    serialNumber: new asn1js.Integer({ valueHex: bufferOf(serialNumber()) }),
    // To the second: DER has no zeros at the end of a fraction.
    genTime: new Date(Math.floor((now.getTime() + shift) / 1000) * 1000),
    accuracy: new pkijs.Accuracy({ seconds: 1 }),
    ...(answered !== undefined &&
      mistake !== "no-nonce" && { nonce: new asn1js.Integer({ valueHex: bufferOf(answered) }) }),
  });
}

function signerOf(
  info: Buffer,
  contentType: string,
  { privateKey, certificate }: TimestampIdentity,
  mistake: TimestampMistake | undefined,
): pkijs.SignerInfo {
  const digest = createHash("sha256").update(info).digest();
  const signedAttrs = new pkijs.SignedAndUnsignedAttributes({
    type: 0,
    attributes: inOrder([
      attribute(CONTENT_TYPE, new asn1js.ObjectIdentifier({ value: contentType })),
      attribute(MESSAGE_DIGEST, octets(mistake === "digest" ? changed(digest) : digest)),
      ...(mistake === "no-certificate-id"
        ? []
        : [attribute(SIGNING_CERTIFICATE_V2, certificateId(certificate, mistake))]),
    ]),
  });
  const signed = Buffer.from(signedAttrs.toSchema().toBER());
  // A SET OF where it is signed (RFC 5652, section 5.4).
  signed[0] = 0x31;
  const signature = sign("sha256", mistake === "signature" ? changed(signed) : signed, privateKey);
  const { issuer, serialNumber: serial } = pkijs.Certificate.fromBER(new Uint8Array(certificate));
  return new pkijs.SignerInfo({
    version: 1,
    sid: new pkijs.IssuerAndSerialNumber({ issuer, serialNumber: serial }),
    digestAlgorithm: new pkijs.AlgorithmIdentifier({ algorithmId: HASHES["SHA-256"].oid }),
    signedAttrs,
    signatureAlgorithm: new pkijs.AlgorithmIdentifier({ algorithmId: ECDSA_WITH_SHA256 }),
    signature: octets(signature),
  });
}

/** `SigningCertificateV2` (RFC 5035, section 3) by SHA-256, which is the default there. */
function certificateId(certificate: Buffer, mistake: TimestampMistake | undefined): asn1js.Sequence {
  const digest = createHash("sha256").update(certificate).digest();
  const id = new asn1js.Sequence({
    value: [octets(mistake === "certificate-id" ? changed(digest) : digest)],
  });
  return new asn1js.Sequence({ value: [new asn1js.Sequence({ value: [id] })] });
}

/** X.690, section 11.6. */
function inOrder(attributes: readonly pkijs.Attribute[]): pkijs.Attribute[] {
  const encoded = attributes.map((each) => ({ each, der: Buffer.from(each.toSchema().toBER()) }));
  return encoded.sort((a, b) => Buffer.compare(a.der, b.der)).map(({ each }) => each);
}

function attribute(type: string, value: asn1js.AsnType): pkijs.Attribute {
  return new pkijs.Attribute({ type, values: [value] });
}

function octets(bytes: Buffer): asn1js.OctetString {
  return new asn1js.OctetString({ valueHex: bufferOf(bytes) });
}

/** With its last byte another one. */
function changed(bytes: Buffer): Buffer {
  const copy = Buffer.from(bytes);
  copy[copy.length - 1] = (copy[copy.length - 1] ?? 0) ^ 0x01;
  return copy;
}

/** Positive, and without a leading zero. */
function serialNumber(): Buffer {
  const bytes = randomBytes(16);
  bytes[0] = ((bytes[0] ?? 0) & 0x3f) | 0x40;
  return bytes;
}

function bufferOf(bytes: Buffer): ArrayBuffer {
  return new Uint8Array(bytes).buffer;
}
