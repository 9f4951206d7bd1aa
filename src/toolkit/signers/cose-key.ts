import { generateKeyPair, randomBytes } from "node:crypto";
import { promisify } from "node:util";
import type { JoseAlgorithmName } from "../../adapter/algorithms.js";

/** A private key as cose-js takes it: `d` for ECDSA, PEM for RSA PKCS#1 v1.5, the numbers of RFC 8017 for RSA-PSS. */
export type ThrowAwayKey = string | Record<string, Buffer>;

/** Bytes of a private key on each curve; a signature has twice as many. */
const EC_BYTES: Readonly<Partial<Record<JoseAlgorithmName, number>>> = { ES256: 32, ES384: 48, ES512: 66 };
const RSA_BITS = 2048;

type RsaKey = { readonly pem: string; readonly numbers: Record<string, Buffer> };
let rsa: Promise<RsaKey> | undefined;

/**
 * A key that cose-js signs with before its signature is replaced. Nobody gets to see what it signs, so that one RSA key,
 * which takes long to make, does for the whole process.
 */
export async function throwAwayKey(
  alg: JoseAlgorithmName,
): Promise<{ readonly key: ThrowAwayKey; readonly signatureBytes: number }> {
  const bytes = EC_BYTES[alg];
  if (bytes !== undefined) {
    const d = randomBytes(bytes);
    d[0] = 0; // below the order of the curve
    return { key: { d }, signatureBytes: 2 * bytes };
  }
  rsa ??= makeRsa();
  const { pem, numbers } = await rsa;
  return { key: alg.startsWith("RS") ? pem : { ...numbers }, signatureBytes: RSA_BITS / 8 };
}

async function makeRsa(): Promise<RsaKey> {
  const { privateKey } = await promisify(generateKeyPair)("rsa", { modulusLength: RSA_BITS });
  const numbers: Record<string, Buffer> = {};
  for (const [name, value] of Object.entries(privateKey.export({ format: "jwk" }))) {
    if (name !== "kty") numbers[name] = Buffer.from(String(value), "base64url");
  }
  return { pem: privateKey.export({ type: "pkcs8", format: "pem" }).toString(), numbers };
}
