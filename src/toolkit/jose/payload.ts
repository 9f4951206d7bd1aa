import { encodeBase64url } from "../../adapter/base64url.js";
import { refused } from "../../adapter/refusal.js";
import { isBufferSource, viewOf } from "../../base/bytes.js";

/** What a JWS signs: bytes, or a text, which is signed as UTF-8. */
export type JwsPayload = string | ArrayBuffer | ArrayBufferView;

/** How the payload is written. */
export type JwsSerialization = "compact" | "flattened" | "general";

/** A payload, ready to be signed. */
export interface EncodedPayload {
  /** What follows the header and its period in the signing input (RFC 7515, section 5.1; RFC 7797, section 3). */
  readonly signed: Uint8Array;
  /** What stands in the JWS; undefined where the payload is detached. */
  readonly written: string | undefined;
}

/**
 * @throws {SignPathError} `CONFIG_INVALID` for a payload that cannot be written as it is
 * @throws {TypeError} for one that is neither text nor bytes
 */
export function encodePayload(
  payload: JwsPayload,
  {
    b64,
    detached,
    serialization,
  }: { readonly b64: boolean; readonly detached: boolean; readonly serialization: JwsSerialization },
): EncodedPayload {
  const bytes = bytesOf(payload);
  if (b64) {
    const encoded = encodeBase64url(bytes);
    return { signed: Buffer.from(encoded), written: detached ? undefined : encoded };
  }
  if (detached) return { signed: bytes, written: undefined };
  return { signed: bytes, written: serialization === "compact" ? inCompact(bytes) : inJson(bytes) };
}

function bytesOf(payload: JwsPayload): Uint8Array {
  if (typeof payload === "string") {
    if (!/\p{Surrogate}/u.test(payload)) return Buffer.from(payload);
    throw refused("the payload is text that UTF-8 cannot carry: it has half of a surrogate pair");
  }
  if (isBufferSource(payload)) return Uint8Array.from(viewOf(payload));
  throw new TypeError("the payload must be a text, an ArrayBuffer or a view of one");
}

/** A payload that stands in the compact serialization as it is (RFC 7797, section 5.2). */
function inCompact(bytes: Uint8Array): string {
  if (bytes.every((byte) => byte >= 0x20 && byte <= 0x7e && byte !== 0x2e))
    return Buffer.from(bytes).toString();
  throw refused(
    "with b64: false the compact serialization holds printable ASCII without a period only (RFC 7797, section 5.2): detach the payload, or take another serialization",
  );
}

/** A payload that is a JSON string as it is (RFC 7797, section 5.3). */
function inJson(bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw refused(
      "with b64: false JSON holds a payload that is UTF-8 only (RFC 7797, section 5.3): detach the payload, or leave b64 out",
    );
  }
}
