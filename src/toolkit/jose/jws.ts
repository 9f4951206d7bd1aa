import { encodeBase64url } from "../../adapter/base64url.js";
import { quote, refused } from "../../adapter/refusal.js";
import { requireSameKey } from "../../adapter/same-key.js";
import { signMessage } from "../../adapter/sign-message.js";
import type { CallOptions } from "../../api/transport/request.js";
import { requireSignal } from "../../base/abort.js";
import { concat } from "../../base/bytes.js";
import { requireOptions } from "../../base/options.js";
import type { SigningPolicy } from "../../policy/signing-policy.js";
import type { JoseHeader } from "./header.js";
import type { EncodedPayload, JwsPayload, JwsSerialization } from "./payload.js";
import { encodePayload } from "./payload.js";
import type { JwsSigner, SignerPlan } from "./signer-plan.js";
import { planOf } from "./signer-plan.js";

/** How to make a JWS. */
export interface SignJwsOptions extends CallOptions, Partial<JwsSigner> {
  /** Default: `"compact"`. */
  readonly serialization?: JwsSerialization | undefined;
  /** Leaves the payload out (RFC 7515, appendix F). Default: `false`. */
  readonly detached?: boolean | undefined;
  /** `false` signs the payload as it is, not its Base64url (RFC 7797), and says so in `crit`. Default: `true`. */
  readonly b64?: boolean | undefined;
  /**
   * Several, in the general serialization, in place of `policy`: at once, over the same payload. What is said beside them of
   * one is their default.
   */
  readonly signers?: Iterable<JwsSigner> | undefined;
}

/** One signature in the JSON serializations. */
export interface JwsSignature {
  /** The protected header, Base64url. */
  readonly protected: string;
  /** The unprotected header. */
  readonly header?: JoseHeader;
  /** Base64url. */
  readonly signature: string;
}

/** The flattened JSON serialization (RFC 7515, section 7.2.2); detached it is a {@link JwsSignature}. */
export interface FlattenedJws extends JwsSignature {
  readonly payload: string;
}

/** The general JSON serialization (RFC 7515, section 7.2.1), detached. */
export interface DetachedGeneralJws {
  readonly signatures: JwsSignature[];
}

/** The general JSON serialization (RFC 7515, section 7.2.1). */
export interface GeneralJws extends DetachedGeneralJws {
  readonly payload: string;
}

/** Options of a JWS that has its payload. */
type Attached<Serialization> = SignJwsOptions & {
  readonly serialization: Serialization;
  readonly detached?: false | undefined;
};

/** Options of one that has not. */
type Detached<Serialization> = SignJwsOptions & {
  readonly serialization: Serialization;
  readonly detached: true;
};

/**
 * Signs a JWS (RFC 7515) with the key of a policy, by RS, PS or ES with 256, 384 or 512.
 *
 * ```ts
 * const token = await signJws("payload", { policy, alg: "PS256", header: { typ: "text" }, kid: true });
 * ```
 *
 * All signers are checked before anything is sent.
 *
 * @param payload - a text, which is signed as UTF-8, or bytes, which are copied at the call
 * @param options - who signs and how; with `signers` in place of `policy`, several
 * @returns the JWS: text in the compact serialization, else an object for `JSON.stringify`
 * @throws {SignPathError} `ALGORITHM_NOT_SUPPORTED`, naming the algorithms of the key; `CONFIG_INVALID` for options, header
 * parameters and certificates that cannot be used, or not together; `CERTIFICATE_CHANGED` where the header names a
 * certificate that has been replaced meanwhile; those of `SigningPolicy.signStream`
 * @throws {TypeError} for a payload, a policy, a header or a signal that is none
 */
export function signJws(payload: JwsPayload, options: Attached<"flattened">): Promise<FlattenedJws>;
export function signJws(payload: JwsPayload, options: Detached<"flattened">): Promise<JwsSignature>;
export function signJws(payload: JwsPayload, options: Attached<"general">): Promise<GeneralJws>;
export function signJws(payload: JwsPayload, options: Detached<"general">): Promise<DetachedGeneralJws>;
export function signJws(
  payload: JwsPayload,
  options: SignJwsOptions & { readonly serialization?: "compact" | undefined },
): Promise<string>;
export async function signJws(
  payload: JwsPayload,
  options: SignJwsOptions,
): Promise<string | JwsSignature | DetachedGeneralJws> {
  requireOptions(options);
  const { serialization = "compact", b64 = true, detached = false, signal } = options;
  requireSignal(signal);
  requireChoices({ serialization, b64, detached });
  const encoded = encodePayload(payload, { b64, detached, serialization });
  const plans = await Promise.all(signersOf(options, serialization).map((signer) => planOf(signer, b64)));
  const signatures = await Promise.all(plans.map((plan) => signatureOf(plan, encoded, { signal })));
  const written = encoded.written === undefined ? {} : { payload: encoded.written };
  if (serialization === "general") return { ...written, signatures };
  const [signature] = signatures;
  if (signature === undefined) throw new TypeError("a JWS has a signature");
  if (serialization === "flattened") return { ...written, ...signature };
  return `${signature.protected}.${encoded.written ?? ""}.${signature.signature}`;
}

async function signatureOf(
  { policy, algorithm, encodedHeader, unprotected, named }: SignerPlan,
  { signed }: EncodedPayload,
  options: CallOptions,
): Promise<JwsSignature> {
  requireSameKey(policy, named);
  const input = concat(Buffer.from(`${encodedHeader}.`), signed);
  const signature = await signMessage(policy, algorithm, input, options);
  // A large payload is hashed on another thread, and the certificate looked at after that.
  requireSameKey(policy, named);
  return {
    protected: encodedHeader,
    ...(unprotected !== undefined && { header: unprotected }),
    signature: encodeBase64url(signature),
  };
}

function signersOf(options: SignJwsOptions, serialization: JwsSerialization): JwsSigner[] {
  const { policy, signers, alg, header, unprotectedHeader, kid, x5c, "x5t#S256": x5t } = options;
  const shared = { alg, header, unprotectedHeader, kid, x5c, "x5t#S256": x5t };
  if (signers !== undefined && policy !== undefined)
    throw refused("signers take the place of policy: give one of them");
  if (signers !== undefined && serialization !== "general")
    throw refused(`the ${serialization} serialization has one signer: several need "general"`);
  const found = signers === undefined ? [{ policy: policy as SigningPolicy }] : [...signers];
  if (found.length === 0) throw refused("signers must be one at least");
  const all = found.map((signer) => ({ ...shared, ...signer }));
  if (serialization === "compact" && all.some((signer) => signer.unprotectedHeader !== undefined))
    throw refused('the compact serialization has no unprotectedHeader: take "flattened" or "general"');
  return all;
}

function requireChoices({ serialization, b64, detached }: Record<string, unknown>): void {
  if (serialization !== "compact" && serialization !== "flattened" && serialization !== "general")
    throw refused(`there is no serialization ${quote(serialization)}: compact, flattened and general are`);
  if (typeof b64 !== "boolean") throw refused("b64 must be true or false");
  if (typeof detached !== "boolean") throw refused("detached must be true or false");
}
