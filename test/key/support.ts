import type { KeyObject } from "node:crypto";
import type { HashAlgorithm } from "../../src/key/hashes.js";
import { HASH_ALGORITHMS } from "../../src/key/hashes.js";
import type { Checked } from "../../src/key/scheme.js";
import type { CertificateFacts, KeyFacts } from "../../src/policy/certificate.js";
import type { HashName } from "../../src/wire/signing.js";

export const HASH_NAMES: readonly HashName[] = ["SHA-1", "SHA-256", "SHA-384", "SHA-512"];

export const CURVES = {
  "P-256": { bits: 256, length: 32, node: "prime256v1" },
  "P-384": { bits: 384, length: 48, node: "secp384r1" },
  "P-521": { bits: 521, length: 66, node: "secp521r1" },
} as const;

export type CurveName = keyof typeof CURVES;

export const CURVE_NAMES: readonly CurveName[] = ["P-256", "P-384", "P-521"];

export function hashOf(name: HashName): HashAlgorithm {
  const hash = HASH_ALGORITHMS.get(name);
  if (hash === undefined) throw new Error(name);
  return hash;
}

function facts(key: KeyFacts, publicKey: KeyObject): CertificateFacts {
  return { der: new Uint8Array(), key, publicKey, validFromMs: 0, validToMs: 0 };
}

/** What a certificate with that key would say. */
export function rsaFacts(publicKey: KeyObject): CertificateFacts {
  const { modulusLength = 0 } = publicKey.asymmetricKeyDetails ?? {};
  return facts({ type: "rsa", modulusLength, publicExponent: 65537n, pss: undefined }, publicKey);
}

/** What a certificate with that key would say. */
export function ecFacts(publicKey: KeyObject, namedCurve: CurveName): CertificateFacts {
  return facts({ type: "ec", namedCurve, modulusLength: CURVES[namedCurve].bits }, publicKey);
}

/** The signature that was found good. */
export function good(checked: Checked): Buffer {
  if ("defect" in checked) throw new Error(`refused: ${checked.defect}`);
  return Buffer.from(checked.signature);
}

/** What was found wrong. */
export function defect(checked: Checked): string {
  if ("signature" in checked) throw new Error("found good");
  return checked.defect;
}
