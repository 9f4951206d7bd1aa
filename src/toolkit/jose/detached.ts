import { encodeBase64url } from "../../adapter/base64url.js";
import { requireSameKey } from "../../adapter/same-key.js";
import type { CallOptions } from "../../api/transport/request.js";
import type { SigningSource } from "../../policy/signing-policy.js";
import { chunksOf } from "../../subtle/source.js";
import type { JwsSigner } from "./signer-plan.js";
import { planOf } from "./signer-plan.js";

/**
 * Signs content of any size in constant memory: a JWS in the compact serialization without its payload (RFC 7515, appendix F),
 * which is signed as it is (RFC 7797, `b64: false`).
 *
 * @returns `HEADER..SIGNATURE`
 * @throws {SignPathError} as `signJws`. Errors of the source are passed on as they are
 */
export async function signDetachedJws(
  source: SigningSource,
  { signal, ...signer }: JwsSigner & CallOptions,
): Promise<string> {
  const { policy, algorithm, encodedHeader, named } = await planOf(signer, false);
  requireSameKey(policy, named);
  const signature = await policy.signStream(
    signingInput(encodedHeader, source, signal ?? undefined),
    { name: algorithm.name, hash: algorithm.hash },
    { signal },
  );
  // Content is read for a while, and the certificate looked at after that.
  requireSameKey(policy, named);
  return `${encodedHeader}..${encodeBase64url(signature)}`;
}

async function* signingInput(
  encodedHeader: string,
  source: SigningSource,
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array, void, void> {
  yield Buffer.from(`${encodedHeader}.`);
  yield* chunksOf(source, signal);
}
