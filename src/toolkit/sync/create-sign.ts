import type { BinaryToTextEncoding, Encoding, Hash } from "node:crypto";
import { createHash } from "node:crypto";
import type { AdapterAlgorithm } from "../../adapter/algorithms.js";
import { isBufferSource, viewOf } from "../../base/bytes.js";
import { ecdsaSignatureValue } from "../../cms/asn1/ecdsa-signature-value.js";
import { HASH_ALGORITHMS } from "../../key/hashes.js";
import type { SyncSigner } from "./signer.js";

/** How the signature of ECDSA is written: as DER, which Node does by default, or as r‖s. */
export interface SyncSignOptions {
  /** Default: `"der"`. */
  readonly dsaEncoding?: "der" | "ieee-p1363" | undefined;
}

/** The shape of what `crypto.createSign` gives, for code that is handed one. */
export class SyncSign {
  readonly #signer: SyncSigner;
  readonly #algorithm: AdapterAlgorithm;
  readonly #encoding: SyncSignOptions["dsaEncoding"];
  readonly #hasher: Hash;

  /** @internal See `createSign`. */
  constructor(signer: SyncSigner, algorithm: AdapterAlgorithm, { dsaEncoding = "der" }: SyncSignOptions) {
    this.#signer = signer;
    this.#algorithm = algorithm;
    if (dsaEncoding !== "der" && dsaEncoding !== "ieee-p1363")
      throw new TypeError('dsaEncoding must be "der" or "ieee-p1363"');
    this.#encoding = dsaEncoding;
    this.#hasher = createHash(HASH_ALGORITHMS.get(algorithm.hash)?.nodeName ?? String(algorithm.hash));
  }

  /**
   * Takes more of what is signed.
   *
   * @param data - more of what is signed
   * @param encoding - of a text. Default: `"utf8"`
   * @returns the object itself
   * @throws {TypeError} for what is neither a text nor bytes
   */
  update(data: string | ArrayBufferView, encoding?: Encoding): this {
    if (typeof data === "string") this.#hasher.update(data, encoding ?? "utf8");
    else if (isBufferSource(data) || ArrayBuffer.isView(data)) this.#hasher.update(viewOf(data));
    else throw new TypeError("data must be a text or bytes");
    return this;
  }

  /**
   * As {@link update}, for what writes to streams.
   *
   * @param data - more of what is signed
   */
  write(data: string | ArrayBufferView): boolean {
    this.update(data);
    return true;
  }

  /**
   * As {@link update}, for what writes to streams.
   *
   * @param data - the last of what is signed
   * @returns the object itself
   */
  end(data?: string | ArrayBufferView): this {
    return data === undefined ? this : this.update(data);
  }

  /**
   * Signs what came by {@link update}.
   *
   * @param privateKey - what the caller takes for the key is ignored: the signer has it
   * @throws {SignPathError} those of `SyncSigner.signHash`
   */
  sign(privateKey?: unknown): Buffer;
  sign(privateKey: unknown, outputEncoding: BinaryToTextEncoding): string;
  sign(_privateKey?: unknown, outputEncoding?: BinaryToTextEncoding): Buffer | string {
    const raw = this.#signer.signHash(this.#hasher.digest(), this.#algorithm);
    const isDer = this.#algorithm.name === "ECDSA" && this.#encoding === "der";
    const signature = Buffer.from(isDer ? ecdsaSignatureValue(raw) : raw);
    return outputEncoding === undefined ? signature : signature.toString(outputEncoding);
  }
}

/**
 * What `crypto.createSign(…)` would give for a key that Node has.
 *
 * ```ts
 * createSign(signer, { name: "ECDSA", hash: "SHA-256" }).update("data").sign(undefined, "base64");
 * ```
 *
 * @returns an object for one signature
 * @throws {TypeError} for a `dsaEncoding` that is none. What signing fails with comes from its `sign`
 */
export function createSign(
  signer: SyncSigner,
  algorithm: AdapterAlgorithm,
  options: SyncSignOptions = {},
): SyncSign {
  return new SyncSign(signer, algorithm, options);
}
