import { concatAll, exactCopy, isBufferSource, viewOf } from "../../base/bytes.js";
import type { SigningSource } from "../../policy/signing-policy.js";
import { chunksOf, isBytes } from "../../subtle/source.js";
import { TAGS } from "../asn1/der.js";
import { refused } from "./refusal.js";
import type { SignerPlan } from "./signer-plan.js";

/** As much as who verifies looks at. */
const KEPT_BYTES = 65_536;

/**
 * Watches content that is signed without signed attributes. Where it is itself the encoding of signed attributes, its signature
 * would be good for whatever content these name (RFC 5652, section 5.4): whoever chooses the content would get a signature
 * of another one, with a time and a type of its own. `verifyCms` refuses such content, but others take it.
 */
export class Lookalike {
  readonly #isWanted: boolean;
  readonly #kept: Uint8Array[] = [];
  #keptBytes = 0;
  #length = 0;

  /** Nothing is watched where all sign attributes. */
  constructor(signers: readonly SignerPlan[]) {
    this.#isWanted = signers.some(({ attributes }) => attributes === undefined);
  }

  /** The source, which is watched while it is read; bytes are as they are at the time of the call. */
  watch(source: SigningSource, signal: AbortSignal | undefined): SigningSource {
    if (!this.#isWanted) return source;
    if (!isBytes(source)) return this.#watched(source, signal);
    // Another thread may write to shared memory at any time: what is looked at must be what is hashed.
    const bytes = isBufferSource(source) ? source : exactCopy(viewOf(source));
    this.update(viewOf(bytes));
    return bytes;
  }

  async *#watched(source: SigningSource, signal: AbortSignal | undefined): AsyncGenerator<Uint8Array> {
    for await (const chunk of chunksOf(source, signal)) {
      this.update(chunk);
      yield chunk;
    }
  }

  /** The next bytes of the content. */
  update(chunk: Uint8Array): void {
    if (!this.#isWanted) return;
    this.#length += chunk.byteLength;
    if (this.#keptBytes >= KEPT_BYTES || chunk.byteLength === 0) return;
    const kept = chunk.slice(0, KEPT_BYTES - this.#keptBytes);
    this.#kept.push(kept);
    this.#keptBytes += kept.byteLength;
  }

  /**
   * To be called when all of the content has been seen, before it is signed.
   *
   * @throws {SignPathError} `REQUEST_REJECTED`
   */
  async refuse(): Promise<void> {
    if (this.#kept[0]?.[0] !== TAGS.set) return;
    // Hardly any content begins so: who signs loads nothing else of what verifies.
    const { looksLikeAttributes } = await import("../verify/signer/signed-attributes.js");
    if (!looksLikeAttributes({ bytes: concatAll(this.#kept), length: this.#length })) return;
    throw refused(
      "REQUEST_REJECTED",
      "the content may be the signed attributes of another signature, for which its own could pass (RFC 5652, section 5.4): it is signed with signed attributes only; nothing was sent",
    );
  }
}
