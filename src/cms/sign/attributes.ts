import * as asn1js from "asn1js";
import * as pkijs from "pkijs";
import type { HashName } from "../../wire/signing.js";
import { HASHES } from "../../wire/signing.js";
import { ATTRIBUTES } from "../asn1/oids.js";

/** `directoryName` among the kinds of GeneralName (RFC 5280, section 4.2.1.6). */
const DIRECTORY_NAME = 4;

/** What the signed attributes say. */
export interface SignedFacts {
  /** Object identifier of the content's type. */
  readonly contentType: string;
  readonly messageDigest: Uint8Array;
  readonly signingTime: Date | undefined;
  /** The issuer and the serial number of the signer's certificate. */
  readonly issuer: pkijs.RelativeDistinguishedNames;
  readonly serialNumber: asn1js.Integer;
  /** Digest of the certificate, by `certificateHash`. */
  readonly certificateDigest: Uint8Array;
  readonly certificateHash: HashName;
}

/** The signed attributes, each with one value, in the order that DER asks for in a SET OF (X.690, section 11.6). */
export function signedAttributes(facts: SignedFacts): pkijs.SignedAndUnsignedAttributes {
  const { signingTime } = facts;
  const attributes = [
    attribute(ATTRIBUTES.contentType, new asn1js.ObjectIdentifier({ value: facts.contentType })),
    attribute(ATTRIBUTES.messageDigest, octets(facts.messageDigest)),
    ...(signingTime === undefined ? [] : [attribute(ATTRIBUTES.signingTime, time(signingTime))]),
    attribute(ATTRIBUTES.signingCertificateV2, signingCertificate(facts)),
  ];
  const sorted = attributes
    .map((each) => ({ each, der: Buffer.from(each.toSchema().toBER()) }))
    .sort((a, b) => Buffer.compare(a.der, b.der))
    .map(({ each }) => each);
  return new pkijs.SignedAndUnsignedAttributes({ type: 0, attributes: sorted });
}

function attribute(type: string, value: asn1js.AsnType): pkijs.Attribute {
  return new pkijs.Attribute({ type, values: [value] });
}

function octets(bytes: Uint8Array): asn1js.OctetString {
  return new asn1js.OctetString({ valueHex: new Uint8Array(bytes).buffer });
}

/** UTCTime until 2049, GeneralizedTime from 2050 on (RFC 5652, section 11.3). */
function time(date: Date): asn1js.AsnType {
  const whole = new Date(Math.floor(date.getTime() / 1000) * 1000);
  const year = whole.getUTCFullYear();
  return year >= 1950 && year < 2050
    ? new asn1js.UTCTime({ valueDate: whole })
    : new asn1js.GeneralizedTime({ valueDate: whole });
}

/**
 * `SigningCertificateV2` with one `ESSCertIDv2` (RFC 5035, section 3): the digest of the certificate, its issuer and its
 * serial number. SHA-256 is the default there and is left out.
 */
function signingCertificate({
  issuer,
  serialNumber,
  certificateDigest,
  certificateHash,
}: SignedFacts): asn1js.AsnType {
  const issuerNames = new pkijs.GeneralNames({
    names: [new pkijs.GeneralName({ type: DIRECTORY_NAME, value: issuer })],
  });
  const issuerSerial = new asn1js.Sequence({ value: [issuerNames.toSchema(), serialNumber] });
  const hashAlgorithm = new asn1js.Sequence({
    value: [new asn1js.ObjectIdentifier({ value: HASHES[certificateHash].oid })],
  });
  const essCertId = new asn1js.Sequence({
    value: [
      ...(certificateHash === "SHA-256" ? [] : [hashAlgorithm]),
      octets(certificateDigest),
      issuerSerial,
    ],
  });
  return new asn1js.Sequence({ value: [new asn1js.Sequence({ value: [essCertId] })] });
}
