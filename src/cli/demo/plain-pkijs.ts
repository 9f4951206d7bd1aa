import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { pipeline } from "node:stream/promises";
import * as asn1js from "asn1js";
import * as pkijs from "pkijs";
import type { SigningPolicy } from "../../policy/signing-policy.js";
import { createEngine, policyCertificate } from "../../toolkit/pkijs.js";

const ID_DATA = "1.2.840.113549.1.7.1";
const CONTENT_TYPE = "1.2.840.113549.1.9.3";
const MESSAGE_DIGEST = "1.2.840.113549.1.9.4";
const SIGNING_TIME = "1.2.840.113549.1.9.5";

/**
 * Signs a file as detached CMS with pkijs as it is, the way a program would that already uses pkijs. What is signed are the
 * attributes, of which the file's digest is one: so pkijs never needs the file itself.
 */
export async function signWithPkijs(
  path: string,
  policy: SigningPolicy,
  issuer: string,
  signal: AbortSignal,
): Promise<Uint8Array> {
  const hash = createHash("sha256");
  await pipeline(createReadStream(path), hash, { signal });
  const certificate = policyCertificate(policy, pkijs);
  const attribute = (type: string, value: asn1js.AsnType): pkijs.Attribute =>
    new pkijs.Attribute({ type, values: [value] });
  const signedAttrs = new pkijs.SignedAndUnsignedAttributes({
    type: 0,
    attributes: [
      attribute(CONTENT_TYPE, new asn1js.ObjectIdentifier({ value: ID_DATA })),
      attribute(SIGNING_TIME, new asn1js.UTCTime({ valueDate: new Date() })),
      attribute(MESSAGE_DIGEST, new asn1js.OctetString({ valueHex: new Uint8Array(hash.digest()).buffer })),
    ],
  });
  const { issuer: name, serialNumber } = certificate;
  const sid = new pkijs.IssuerAndSerialNumber({ issuer: name, serialNumber });
  const signedData = new pkijs.SignedData({
    version: 1,
    encapContentInfo: new pkijs.EncapsulatedContentInfo({ eContentType: ID_DATA }),
    certificates: [certificate, certificateFromPem(issuer)],
    signerInfos: [new pkijs.SignerInfo({ version: 1, sid, signedAttrs })],
  });
  const key = policy.privateKey({
    name: policy.keyType === "EC" ? "ECDSA" : "RSASSA-PKCS1-v1_5",
    hash: "SHA-256",
  });
  await signedData.sign(key, 0, "SHA-256", undefined, createEngine(pkijs));
  const contentInfo = new pkijs.ContentInfo({
    contentType: pkijs.ContentInfo.SIGNED_DATA,
    content: signedData.toSchema(true),
  });
  return new Uint8Array(contentInfo.toSchema().toBER());
}

/** The first certificate of a PEM text. */
export function certificateFromPem(pem: string): pkijs.Certificate {
  const base64 = /-----BEGIN CERTIFICATE-----([^-]+)/.exec(pem)?.[1] ?? "";
  return pkijs.Certificate.fromBER(new Uint8Array(Buffer.from(base64, "base64")).buffer);
}
