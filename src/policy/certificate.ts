import type { AsymmetricKeyDetails, KeyObject } from "node:crypto";
import { createPublicKey, X509Certificate } from "node:crypto";
import type { Bytes } from "../base/bytes.js";
import { decodeBase64 } from "../base/bytes.js";

/** The curves that SignPath has keys on, by their WebCrypto names, with the length of a coordinate in bytes. */
export const CURVES: ReadonlyMap<string, { readonly opensslName: string; readonly length: number }> = new Map(
  [
    ["P-256", { opensslName: "prime256v1", length: 32 }],
    ["P-384", { opensslName: "secp384r1", length: 48 }],
    ["P-521", { opensslName: "secp521r1", length: 66 }],
  ],
);

/** What an id-RSASSA-PSS key is for (RFC 4055, section 3.1): nothing but RSA-PSS, and that with these parameters if any. */
export interface PssRestriction {
  /** By OpenSSL's names: `sha256`. */
  readonly hash?: string | undefined;
  readonly mgf1Hash?: string | undefined;
  /** The least that is allowed, in bytes. */
  readonly saltLength?: number | undefined;
}

/** What the certificate says of the key. */
export type KeyFacts =
  | {
      readonly type: "rsa";
      readonly modulusLength: number;
      readonly publicExponent: bigint;
      readonly pss: PssRestriction | undefined;
    }
  | { readonly type: "ec"; readonly namedCurve: string; readonly modulusLength: number };

/** A policy's certificate, as far as signing needs it. */
export interface CertificateFacts {
  readonly der: Bytes;
  readonly key: KeyFacts;
  /** For RSA always of type `rsa`, also where the certificate restricts it to PSS. */
  readonly publicKey: KeyObject;
  /** Since 1970, as are those of `Date.now()`. */
  readonly validFromMs: number;
  readonly validToMs: number;
}

/** Why a certificate cannot be used. */
export class UnusableCertificate extends Error {}

/**
 * Reads a certificate from the API's Base64.
 *
 * @throws {UnusableCertificate}
 */
export function readCertificate(
  base64: string | undefined,
  certificateType: string | undefined,
): CertificateFacts {
  if (base64 === undefined || base64 === "") {
    const type =
      certificateType === undefined
        ? ""
        : ` (certificate type ${JSON.stringify(certificateType.slice(0, 40))})`;
    throw new UnusableCertificate(`it has no X.509 certificate${type}`);
  }
  const der = decodeBase64(base64);
  if (der === undefined) throw new UnusableCertificate("its certificate is not Base64");
  let certificate: X509Certificate;
  let publicKey: KeyObject;
  try {
    certificate = new X509Certificate(der);
    publicKey = certificate.publicKey;
  } catch (cause) {
    throw new UnusableCertificate("its certificate cannot be read", { cause });
  }
  if (certificate.raw.length !== der.length)
    throw new UnusableCertificate("its certificate is followed by something else");
  const [validFromMs, validToMs] = [Date.parse(certificate.validFrom), Date.parse(certificate.validTo)];
  if (Number.isNaN(validFromMs + validToMs))
    throw new UnusableCertificate("its certificate's validity cannot be read");
  const key = readKey(publicKey);
  return Object.freeze({
    der,
    key,
    publicKey: key.type === "rsa" && key.pss !== undefined ? unrestricted(publicKey) : publicKey,
    validFromMs,
    validToMs,
  });
}

function restrictionOf(details: AsymmetricKeyDetails): PssRestriction {
  const { hashAlgorithm, mgf1HashAlgorithm, saltLength } = details;
  return Object.freeze({ hash: hashAlgorithm, mgf1Hash: mgf1HashAlgorithm, saltLength });
}

function readKey(publicKey: KeyObject): KeyFacts {
  const { asymmetricKeyType: type, asymmetricKeyDetails: details } = publicKey;
  if ((type === "rsa" || type === "rsa-pss") && details?.modulusLength !== undefined) {
    const { modulusLength, publicExponent = 65537n } = details;
    return Object.freeze({
      type: "rsa",
      modulusLength,
      publicExponent,
      pss: type === "rsa-pss" ? restrictionOf(details) : undefined,
    });
  }
  for (const [namedCurve, { opensslName, length }] of CURVES) {
    if (type === "ec" && details?.namedCurve === opensslName) {
      return Object.freeze({ type: "ec", namedCurve, modulusLength: length === 66 ? 521 : length * 8 });
    }
  }
  throw new UnusableCertificate(
    `its key (${type ?? "unknown"} ${details?.namedCurve ?? ""}) is of a kind that this package does not sign with`,
  );
}

/**
 * An id-RSASSA-PSS key as a plain RSA key, which is what WebCrypto imports (RFC 4055, section 1.2: the subject public key
 * is an RSAPublicKey in both cases). It stands at the end of the SubjectPublicKeyInfo, behind the BIT STRING's count of
 * unused bits.
 */
function unrestricted(publicKey: KeyObject): KeyObject {
  const spki = publicKey.export({ type: "spki", format: "der" });
  for (let start = spki.indexOf(0x30, 2); start >= 0; start = spki.indexOf(0x30, start + 1)) {
    if (spki[start - 1] !== 0) continue;
    try {
      return createPublicKey({ key: spki.subarray(start), format: "der", type: "pkcs1" });
    } catch {
      // Another SEQUENCE: the next one may be the key.
    }
  }
  throw new UnusableCertificate("its RSA-PSS key cannot be read");
}
