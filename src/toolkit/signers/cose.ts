import { joseAlgorithm, joseAlgorithmsOf, notSupported } from "../../adapter/algorithms.js";
import { boundSigner } from "../../adapter/bound-signer.js";
import { concat } from "../../base/bytes.js";
import { SignPathError } from "../../base/errors.js";
import type { SigningPolicy } from "../../policy/signing-policy.js";
import type { ThrowAwayKey } from "./cose-key.js";
import { throwAwayKey } from "./cose-key.js";
import { byteString, layoutOf, signatureStructure } from "./cose-message.js";

/** The headers of a message, by the names of cose-js: `alg`, `kid`, `content_type`, `x5chain`, … */
export interface CoseHeaders {
  /** Protected. `alg` is added here if it is missing. */
  readonly p?: Readonly<Record<string, unknown>> | undefined;
  /** Unprotected. */
  readonly u?: Readonly<Record<string, unknown>> | undefined;
}

/** As much of cose-js as signing needs. */
export interface CoseModule {
  readonly sign: {
    create(
      headers: { p: Record<string, unknown>; u: Record<string, unknown> },
      payload: Buffer,
      signer: { key: ThrowAwayKey; externalAAD: Buffer },
    ): Promise<Uint8Array>;
  };
}

/** How {@link signCose} signs. */
export interface SignCoseOptions {
  /** Whose key signs. */
  readonly policy: SigningPolicy;
  /** Data that is signed and is no part of the message (RFC 9052, section 4.4). */
  readonly externalAad?: Uint8Array | undefined;
  /** Ends the call. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * A tagged COSE_Sign1 (RFC 9052, section 4.2) by cose-js (tested with 0.9), which itself signs synchronously and only with
 * keys that it has: it makes the message with a throw-away key, and the signature is replaced by one of the policy's key.
 *
 * ```ts
 * const message = await signCose(cose, { p: { content_type: 42 }, u: { kid: "release" } }, payload, { policy });
 * ```
 *
 * The algorithm is that of `alg` in the headers, protected or not, or the key's own: ES256, ES384 or ES512 by the curve,
 * RS256 for RSA (PS256 where the certificate is for RSA-PSS only). Neither key nor certificate gets into the message unless a
 * header has it. `COSE_Sign` with several signers is not made.
 *
 * @param cose - your copy of cose-js
 * @param payload - is copied at the call
 * @returns the message, CBOR
 * @throws {SignPathError} `ALGORITHM_NOT_SUPPORTED`, `POLICY_UNUSABLE`; `CONFIG_INVALID` for a header that is both protected
 * and not; `CERTIFICATE_CHANGED`, and whatever signing can fail with
 * @throws {TypeError} for a payload or `externalAad` that is no `Uint8Array`; what cose-js throws is passed on
 */
export async function signCose(
  cose: CoseModule,
  headers: CoseHeaders,
  payload: Uint8Array,
  { policy, externalAad = new Uint8Array(), signal }: SignCoseOptions,
): Promise<Buffer> {
  if (!(payload instanceof Uint8Array)) throw new TypeError("the payload must be a Uint8Array");
  if (!(externalAad instanceof Uint8Array)) throw new TypeError("externalAad must be a Uint8Array");
  const [content, external] = [Buffer.from(payload), Buffer.from(externalAad)];
  const [p, u] = [{ ...headers.p }, { ...headers.u }];
  const twice = Object.keys(p).find((name) => Object.hasOwn(u, name));
  if (twice !== undefined) throw headerTwice(twice);
  const given = p["alg"] ?? u["alg"];
  const algorithm = given === undefined ? ownAlgorithm(policy) : joseAlgorithm(policy, given as string);
  if (given === undefined) p["alg"] = algorithm.alg;
  const sign = boundSigner(policy, algorithm, { encoding: "p1363", signal });
  const { key, signatureBytes } = await throwAwayKey(algorithm.alg);
  const message = await cose.sign.create({ p, u }, content, { key, externalAAD: external });
  const { protectedHeader, end } = layoutOf(message, content, signatureBytes);
  const signature = await sign(signatureStructure(protectedHeader, external, content));
  return Buffer.from(concat(message.subarray(0, end), byteString(signature)).buffer);
}

function headerTwice(name: string): SignPathError {
  const message = `the header ${JSON.stringify(name.slice(0, 60))} is protected and unprotected: a label may be in one of them (RFC 9052, section 3). Nothing was sent`;
  return new SignPathError("CONFIG_INVALID", message, { stage: "sign" });
}

function ownAlgorithm(policy: SigningPolicy): ReturnType<typeof joseAlgorithm> {
  const [first] = joseAlgorithmsOf(policy);
  if (first === undefined) throw notSupported(`COSE has no algorithm for signing policy ${policy.reference}`);
  return first;
}
