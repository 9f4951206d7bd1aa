import type { Hash } from "node:crypto";
import { createHash } from "node:crypto";
import { DIGESTS } from "./signer/digests.js";

/** The digests of one content by several hashes, computed as it comes. */
export class ContentHashes {
  readonly #hashes: ReadonlyMap<string, Hash>;
  readonly #digests = new Map<string, Uint8Array>();

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
    for (const hash of this.#hashes.values()) hash.update(chunk);
  }

  /** The digest by the hash with this object identifier, of all that has come. */
  digest(oid: string): Uint8Array | undefined {
    const before = this.#digests.get(oid);
    const digest = before ?? this.#hashes.get(oid)?.digest();
    if (digest !== undefined) this.#digests.set(oid, digest);
    return digest;
  }
}
