import type { JoseAlgorithmName } from "../../src/adapter/algorithms.js";
import type { Emulator } from "../../src/emulator/index.js";
import { python } from "../support/python.js";
import type { ProvenAlgorithm } from "../support/toolkit-row.js";

/** A key of the emulator with an algorithm of JOSE that it signs by. */
export interface JoseVariant {
  readonly slug: string;
  readonly alg: JoseAlgorithmName;
  readonly proves: ProvenAlgorithm;
}

const RSA: readonly JoseVariant[] = (["256", "384", "512"] as const).flatMap((bits) => [
  { slug: "rsa-2048", alg: `RS${bits}` as const, proves: "RSA PKCS#1" as const },
  { slug: "rsa-3072", alg: `PS${bits}` as const, proves: "RSA-PSS" as const },
]);

/** Every algorithm. */
export const VARIANTS: readonly JoseVariant[] = [
  ...RSA,
  { slug: "p-256", alg: "ES256", proves: "P-256" },
  { slug: "p-384", alg: "ES384", proves: "P-384" },
  { slug: "p-521", alg: "ES512", proves: "P-521" },
];

/** One of each kind of key. */
export const KINDS: readonly JoseVariant[] = VARIANTS.filter(({ alg }) =>
  ["RS256", "PS384", "ES256", "ES384", "ES512"].includes(alg),
);

/** What PyJWT gives for a good token. */
export interface PyjwtAnswer {
  readonly ok: true;
  readonly header: Readonly<Record<string, unknown>>;
  /** Base64. */
  readonly payload: string;
  readonly claims?: Readonly<Record<string, unknown>>;
}

/** What PyJWT is asked about a token in the compact serialization. */
export interface PyjwtRequest {
  readonly token: string;
  readonly slug: string;
  readonly alg: string;
  readonly isJwt?: boolean;
  readonly audience?: string;
  readonly issuer?: string;
  /** Where the token says `b64: false`. */
  readonly detachedPayload?: Uint8Array;
}

/**
 * Verifies a token by PyJWT with the public key of the emulator, and that PyJWT rejects copies with another payload, another
 * header and another signature.
 *
 * @throws {Error} with PyJWT's words for a token that it rejects, or about a copy that it accepts
 */
export async function pyjwt(emulator: Emulator, request: PyjwtRequest): Promise<PyjwtAnswer> {
  const { token, slug, alg, detachedPayload, ...more } = request;
  const keyPem = await emulator.publicKeyOf(slug);
  const inputOf = (changed: string, payload: Uint8Array | undefined): object => {
    const detached = payload && { detachedPayload: Buffer.from(payload).toString("base64") };
    return { token: changed, keyPem, algorithms: [alg], ...more, ...detached };
  };
  const copies = tampered(token, detachedPayload);
  const inputs = [
    inputOf(token, detachedPayload),
    ...copies.map((copy) => inputOf(copy.token, copy.payload)),
  ];
  const answers = await python("python-jwt", "verify_jwt.py", inputs);
  const [answer, ...others] = answers as (PyjwtAnswer | { readonly ok: false })[];
  if (answer?.ok !== true) throw new Error(`PyJWT: ${JSON.stringify(answer)}`);
  const accepted = others.findIndex(({ ok }) => ok);
  if (accepted >= 0) throw new Error(`PyJWT accepts ${copies[accepted]?.token}`);
  return answer;
}

function tampered(
  token: string,
  payload: Uint8Array | undefined,
): { readonly token: string; readonly payload: Uint8Array | undefined }[] {
  const [header = "", encoded = "", signature = ""] = token.split(".");
  const other = changed(Buffer.from(signature, "base64url"), 40).toString("base64url");
  const text = Buffer.from(header, "base64url").toString().replace("{", '{"x":1,');
  return [
    payload === undefined
      ? { token: `${header}.${changedPayload(encoded)}.${signature}`, payload }
      : { token, payload: changed(payload, 0) },
    { token: `${header}.${encoded}.${other}`, payload },
    { token: `${Buffer.from(text).toString("base64url")}.${encoded}.${signature}`, payload },
  ];
}

/** The same JSON with a space in front, or other bytes. */
function changedPayload(encoded: string): string {
  return Buffer.from(` ${Buffer.from(encoded, "base64url").toString("latin1")}`, "latin1").toString(
    "base64url",
  );
}

function changed(bytes: Uint8Array, index: number): Buffer {
  const copy = Buffer.from(bytes);
  copy[index] = (copy[index] ?? 0) ^ 1;
  return copy;
}

/** The parts of a token, decoded. */
export function decoded(token: string): {
  readonly header: Readonly<Record<string, unknown>>;
  readonly payload: string;
  readonly signature: Buffer;
} {
  const [header = "", payload = "", signature = ""] = token.split(".");
  return {
    header: JSON.parse(Buffer.from(header, "base64url").toString()) as Record<string, unknown>,
    payload: Buffer.from(payload, "base64url").toString(),
    signature: Buffer.from(signature, "base64url"),
  };
}
