import type { KeyObject } from "node:crypto";
import { createPublicKey, generateKeyPair } from "node:crypto";
import { promisify } from "node:util";
import type { EcdsaSignatureFormat } from "../../wire/signing.js";
import type { CurveName, KeySpec } from "../catalogue.js";
import type { HashAlgorithm } from "./hash-algorithms.js";
import type { PssOptions } from "./rsa.js";
import { maxSaltLength, signPkcs1, signPss } from "./rsa.js";

/** What is to be signed, once everything about it has been checked. */
export type SigningOrder =
  | {
      readonly algorithm: "RsaPkcs1" | "RsaPss";
      readonly hashAlgorithm: HashAlgorithm;
      readonly hash: Buffer;
      /** RSA-PSS only; the length of the hash where it is left out. */
      readonly saltLength?: number;
      readonly pss?: PssOptions;
    }
  | {
      readonly algorithm: "Ecdsa";
      readonly format: EcdsaSignatureFormat;
      readonly hash: Buffer;
      /** Another signature each time. */
      readonly freshNonce?: boolean;
    };

interface KeyPair {
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
}

/** Signs a hash, always alike (RFC 6979) where the nonce is not to be fresh. */
type EcdsaSigner = (hash: Buffer, format: EcdsaSignatureFormat, freshNonce?: boolean) => Buffer;

/** A key that is ready to sign. */
export type SigningKey = KeyPair &
  (
    | { readonly spec: Extract<KeySpec, { type: "Rsa" }> }
    | {
        readonly spec: Extract<KeySpec, { type: "Ecdsa" }>;
        readonly signHash: EcdsaSigner;
      }
  );

const generate = promisify(generateKeyPair);

/** Makes a private key, off the event loop. */
export async function generateKey(spec: KeySpec): Promise<KeyObject> {
  const pair =
    spec.type === "Rsa"
      ? await generate("rsa", { modulusLength: spec.bits, publicExponent: 0x10001 })
      : await generate("ec", { namedCurve: spec.curve });
  return pair.privateKey;
}

/** Does once what signing needs of a key each time. */
export async function loadKey(spec: KeySpec, privateKey: KeyObject): Promise<SigningKey> {
  const pair = { privateKey, publicKey: createPublicKey(privateKey) };
  if (spec.type === "Rsa") return { ...pair, spec };
  return { ...pair, spec, signHash: await ecdsaSigner(spec.curve, privateKey) };
}

/** Signs a hash; the order must fit the key. */
export function signWith(key: SigningKey, order: SigningOrder): Buffer {
  if (order.algorithm === "Ecdsa") {
    if (!("signHash" in key)) throw new TypeError("An RSA key does not make ECDSA signatures.");
    return key.signHash(order.hash, order.format, order.freshNonce);
  }
  const { hashAlgorithm, hash } = order;
  if (order.algorithm === "RsaPkcs1") return signPkcs1(key.privateKey, hashAlgorithm, hash);
  const salt = Math.min(order.saltLength ?? hash.length, maxSaltLength(key.spec.bits, hashAlgorithm));
  return signPss(key.privateKey, key.spec.bits, hashAlgorithm, hash, salt, order.pss);
}

async function ecdsaSigner(curve: CurveName, privateKey: KeyObject): Promise<EcdsaSigner> {
  const { p256, p384, p521 } = await import("@noble/curves/nist.js");
  const { sign } = { "P-256": p256, "P-384": p384, "P-521": p521 }[curve];
  const scalar = Buffer.from(privateKey.export({ format: "jwk" }).d ?? "", "base64url");
  return (hash, format, freshNonce = false) => {
    const encoding = format === "Asn1" ? "der" : "compact";
    const options = { prehash: false, lowS: false, format: encoding, extraEntropy: freshNonce } as const;
    return Buffer.from(sign(hash, scalar, options));
  };
}
