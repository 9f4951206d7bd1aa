import type { SigningPolicy } from "../../src/index.js";
import type { Variant } from "../cms/support.js";
import { VARIANTS } from "../cms/support.js";
import { python } from "../support/python.js";

/** A way to sign with its name of JOSE and COSE. */
export interface JoseVariant extends Variant {
  readonly alg: string;
}

const LETTERS: Readonly<Record<string, string>> = {
  "RSASSA-PKCS1-v1_5": "RS",
  "RSA-PSS": "PS",
  ECDSA: "ES",
};
const HASH_OF_CURVE: Readonly<Record<string, string>> = {
  "p-256": "SHA-256",
  "p-384": "SHA-384",
  "p-521": "SHA-512",
};

/** Every key of the emulator with every algorithm of JOSE that there is for it. */
export const JOSE_VARIANTS: readonly JoseVariant[] = VARIANTS.filter(
  ({ slug, hash }) => (HASH_OF_CURVE[slug] ?? hash) === hash,
).map((variant) => ({ ...variant, alg: `${LETTERS[variant.name]}${variant.hash.slice("SHA-".length)}` }));

/** Each of the nine algorithms once, those of RSA with the smallest key. */
export const JOSE_ALGORITHMS: readonly JoseVariant[] = JOSE_VARIANTS.filter(({ slug }) =>
  ["rsa-2048", "p-256", "p-384", "p-521"].includes(slug),
);

/** The public key of a policy as PEM. */
export function publicKeyPem(policy: SigningPolicy): string {
  return policy.certificate.publicKey.toString("pem");
}

/** What PyJWT says of a token; see `verify_jwt.py`. */
export async function pyJwt(
  policy: SigningPolicy,
  { alg }: JoseVariant,
  token: string,
  more: object = {},
): Promise<PyJwtAnswer> {
  const request = { token, keyPem: publicKeyPem(policy), algorithms: [alg], ...more };
  return (await python("python-jwt", "verify_jwt.py", request)) as PyJwtAnswer;
}

export interface PyJwtAnswer {
  readonly ok: boolean;
  readonly error?: string;
  readonly header?: Readonly<Record<string, unknown>>;
  /** base64 */
  readonly payload?: string;
  readonly claims?: Readonly<Record<string, unknown>>;
}

/** A compact JWS with one bit of its payload changed that base64url still allows. */
export function tampered(token: string): string {
  const [header, payload = "", signature] = token.split(".");
  const bytes = Buffer.from(payload, "base64url");
  const middle = Math.floor(bytes.length / 2);
  bytes[middle] = (bytes[middle] ?? 0) ^ 1;
  return `${header}.${bytes.toString("base64url")}.${signature}`;
}
