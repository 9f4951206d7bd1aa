import { expect } from "vitest";
import type { JoseAlgorithmName } from "../../src/adapter/algorithms.js";
import type { SigningPolicy } from "../../src/index.js";
import type { Variant } from "../cms/support.js";
import { VARIANTS } from "../cms/support.js";
import { python } from "../support/python.js";

/** A way to sign with its name of JOSE and COSE. */
export interface JoseVariant extends Variant {
  readonly alg: JoseAlgorithmName;
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
).map((variant) => ({
  ...variant,
  alg: `${LETTERS[variant.name]}${variant.hash.slice("SHA-".length)}` as JoseAlgorithmName,
}));

/** Each of the nine algorithms once, those of RSA with the smallest key. */
export const JOSE_ALGORITHMS: readonly JoseVariant[] = JOSE_VARIANTS.filter(({ slug }) =>
  ["rsa-2048", "p-256", "p-384", "p-521"].includes(slug),
);

/** The public key of a policy as PEM. */
export function publicKeyPem(policy: SigningPolicy): string {
  return policy.certificate.publicKey.toString("pem");
}

/** A compact JWS, and its payload where that is detached. */
export interface Jws {
  readonly token: string;
  readonly detachedPayload?: Buffer;
}

/** What PyJWT found in a good signature; see `verify_jwt.py`. */
export interface VerifiedJws {
  readonly header: Readonly<Record<string, unknown>>;
  readonly payload: Buffer;
  /** Where it was asked to check claims. */
  readonly claims?: Readonly<Record<string, unknown>>;
}

/**
 * What PyJWT finds in signatures by the policy's key; it must find all of them good, and none of them once the payload has
 * been changed.
 *
 * @param options of `verify_jwt.py`
 */
export async function verifiedByPyJwt(
  policy: SigningPolicy,
  { alg }: JoseVariant,
  signatures: readonly Jws[],
  options: object = {},
): Promise<VerifiedJws[]> {
  const request = ({ token, detachedPayload }: Jws): object => ({
    ...{ token, keyPem: publicKeyPem(policy), algorithms: [alg], ...options },
    ...(detachedPayload !== undefined && { detachedPayload: detachedPayload.toString("base64") }),
  });
  const requests = [...signatures, ...signatures.map(tampered)].map(request);
  const answers = (await python("python-jwt", "verify_jwt.py", requests)) as PyJwtAnswer[];
  const good = answers.slice(0, signatures.length);
  expect(good).toEqual(good.map(() => expect.objectContaining({ ok: true })));
  const rejected = { ok: false, error: expect.stringContaining("InvalidSignatureError") };
  expect(answers.slice(signatures.length)).toEqual(signatures.map(() => rejected));
  return good.map(({ payload, ...rest }) => ({ ...rest, payload: Buffer.from(payload, "base64") }));
}

interface PyJwtAnswer extends Omit<VerifiedJws, "payload"> {
  readonly ok: boolean;
  /** base64 */
  readonly payload: string;
}

/** The same with a letter of the payload in the other case, so that JSON stays JSON. */
export function tampered({ token, detachedPayload }: Jws): Jws {
  if (detachedPayload !== undefined) return { token, detachedPayload: withOtherCase(detachedPayload) };
  return { token: tamperedToken(token) };
}

/** {@link tampered} for a payload that is not detached. */
export function tamperedToken(token: string): string {
  const [header, payload = "", signature] = token.split(".");
  return [header, withOtherCase(Buffer.from(payload, "base64url")).toString("base64url"), signature].join(
    ".",
  );
}

function withOtherCase(bytes: Buffer): Buffer {
  const changed = Buffer.from(bytes);
  const letter = changed.toString("latin1").search(/[a-z]/i);
  changed[letter] = (changed[letter] ?? 0) ^ 0x20;
  return changed;
}
