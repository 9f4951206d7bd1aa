import type { Hash } from "node:crypto";
import { createHash } from "node:crypto";
import { concatAll } from "../../base/bytes.js";
import { DIGESTS } from "./signer/digests.js";

/** Content up to this many bytes is kept, to see whether it is what it should not be; of more, its beginning. */
const SMALL_BYTES = 65_536;

/** What a content begins with, and how long it is in all. */
export interface Beginning {
  /** The whole of it, where it is small. */
  readonly bytes: Uint8Array;
  readonly length: number;
}

/** The digests of one content by several hashes, computed as it comes. */
export class ContentHashes {
  readonly #hashes: ReadonlyMap<string, Hash>;
  readonly #digests = new Map<string, Uint8Array>();
  #head: Uint8Array[] = [];
  #kept = 0;
  #length = 0;

  /**
   * @param oids - of the hashes; those that are not known are left out
   * @param allowWeak - whether weak ones are computed at all
   */
  constructor(oids: readonly string[], allowWeak: boolean) {
    const hashes = new Map<string, Hash>();
    for (const oid of oids) {
      const digest = DIGESTS.get(oid);
      if (digest !== undefined && (allowWeak || !digest.weak)) hashes.set(oid, createHash(digest.nodeName));
    }
    this.#hashes = hashes;
  }

  update(chunk: Uint8Array): void {
    this.#length += chunk.length;
    if (this.#kept < SMALL_BYTES) {
      const kept = chunk.slice(0, SMALL_BYTES - this.#kept);
      this.#kept += kept.length;
      this.#head.push(kept);
    }
    for (const hash of this.#hashes.values()) hash.update(chunk);
  }

  get beginning(): Beginning {
    return { bytes: concatAll(this.#head), length: this.#length };
  }

  /** The digest by the hash with this object identifier, of all that has come. */
  digest(oid: string): Uint8Array | undefined {
    const before = this.#digests.get(oid);
    const digest = before ?? this.#hashes.get(oid)?.digest();
    if (digest !== undefined) this.#digests.set(oid, digest);
    return digest;
  }
}
