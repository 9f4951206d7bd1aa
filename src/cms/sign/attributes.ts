import { createHash } from "node:crypto";
import * as asn1js from "asn1js";
import type { Bytes } from "../../base/bytes.js";
import type { HashAlgorithm } from "../../key/hashes.js";
import { encode, inOrder, TAGS } from "../asn1/der.js";
import { readElement } from "../asn1/element.js";
import { algorithmIdentifier, objectIdentifier } from "../asn1/object-identifier.js";
import { ATTRIBUTES } from "../asn1/oids.js";
import { attribute } from "./attribute-input.js";
import type { IssuerAndSerialNumber } from "./signer-identifier.js";
import { issuerAndSerialNumber } from "./signer-identifier.js";
import type { AttributePlan } from "./signer-plan.js";

/** `directoryName [4]` among the kinds of GeneralName (RFC 5280, section 4.2.1.6). */
const DIRECTORY_NAME = 0xa4;

/** What the signed attributes are about. */
export interface SignedFacts {
  readonly messageDigest: Uint8Array;
  readonly hash: HashAlgorithm;
  /** The signer's, as DER. */
  readonly certificate: Bytes;
  /** `AlgorithmIdentifier` of the signature. */
  readonly signatureAlgorithm: Bytes;
}

/** The signed attributes as they are signed: a SET OF (RFC 5652, section 5.4), in the order that DER asks for. */
export function signedAttributes(plan: AttributePlan, facts: SignedFacts): Bytes {
  const { contentType, signingTime, signingCertificate, algorithmProtection, others } = plan;
  const { messageDigest, hash, certificate } = facts;
  const attributes = [
    ...(contentType === undefined ? [] : [attribute(ATTRIBUTES.contentType, objectIdentifier(contentType))]),
    attribute(ATTRIBUTES.messageDigest, encode(TAGS.octetString, messageDigest)),
    ...(signingTime === undefined ? [] : [attribute(ATTRIBUTES.signingTime, time(signingTime))]),
    ...(signingCertificate
      ? [attribute(ATTRIBUTES.signingCertificateV2, signingCertificateV2(certificate, hash))]
      : []),
    ...(algorithmProtection
      ? [attribute(ATTRIBUTES.algorithmProtection, protection(hash, facts.signatureAlgorithm))]
      : []),
    ...others,
  ];
  return encode(TAGS.set, ...inOrder(attributes.map(({ der }) => der)));
}

/** UTCTime until 2049, GeneralizedTime from 2050 on (RFC 5652, section 11.3). */
function time(date: Date): Bytes {
  const whole = new Date(Math.floor(date.getTime() / 1000) * 1000);
  const year = whole.getUTCFullYear();
  const block =
    year >= 1950 && year < 2050
      ? new asn1js.UTCTime({ valueDate: whole })
      : new asn1js.GeneralizedTime({ valueDate: whole });
  return new Uint8Array(block.toBER());
}

/**
 * `SigningCertificateV2` with one `ESSCertIDv2` (RFC 5035, section 3): the digest of the certificate, its issuer and its
 * serial number. SHA-256 is the default there and is left out.
 */
function signingCertificateV2(certificate: Bytes, hash: HashAlgorithm): Bytes {
  const digest = createHash(hash.nodeName).update(certificate).digest();
  const essCertId = encode(
    TAGS.sequence,
    ...(hash.name === "SHA-256" ? [] : [algorithmIdentifier(hash.oid)]),
    encode(TAGS.octetString, digest),
    issuerSerial(issuerAndSerialNumber(certificate)),
  );
  return encode(TAGS.sequence, encode(TAGS.sequence, essCertId));
}

function issuerSerial({ issuer, serialNumber }: IssuerAndSerialNumber): Bytes {
  return encode(TAGS.sequence, encode(TAGS.sequence, encode(DIRECTORY_NAME, issuer)), serialNumber);
}

/** `CMSAlgorithmProtection { digestAlgorithm, signatureAlgorithm [1] }` (RFC 6211, section 2), tagged implicitly. */
function protection(hash: HashAlgorithm, signatureAlgorithm: Bytes): Bytes {
  const { content } = readElement(signatureAlgorithm);
  return encode(TAGS.sequence, algorithmIdentifier(hash.oid), encode(TAGS.context1, content));
}
