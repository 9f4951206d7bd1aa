import type { Hash } from "node:crypto";
import { createHash } from "node:crypto";
import type { HashAlgorithm } from "../../key/hashes.js";
import type { SigningSource } from "../../policy/signing-policy.js";
import { digestSource } from "../../subtle/digest.js";
import { chunksOf, isBytes } from "../../subtle/source.js";
import type { HashName } from "../../wire/signing.js";

/** Digests by the names of their hashes. */
export type Digests = ReadonlyMap<HashName, Uint8Array>;

/** Several hashes of the same bytes, which come chunk by chunk. */
export class Hashers {
  readonly #hashers: ReadonlyMap<HashName, Hash>;

  constructor(hashes: Iterable<HashAlgorithm>) {
    this.#hashers = new Map([...hashes].map(({ name, nodeName }) => [name, createHash(nodeName)]));
  }

  update(chunk: Uint8Array): void {
    for (const hasher of this.#hashers.values()) hasher.update(chunk);
  }

  digests(): Digests {
    return new Map([...this.#hashers].map(([name, hasher]) => [name, hasher.digest()]));
  }
}

/** Every hash of a source, which is read once, in constant memory beside the source itself. */
export async function digestAll(
  hashes: readonly HashAlgorithm[],
  source: SigningSource,
  signal: AbortSignal | undefined,
): Promise<Digests> {
  const [first, ...more] = hashes;
  if (isBytes(source) || (first !== undefined && more.length === 0)) {
    const digests = hashes.map(
      async (hash) => [hash.name, await digestSource(hash, source, signal)] as const,
    );
    return new Map(await Promise.all(digests));
  }
  const hashers = new Hashers(hashes);
  for await (const chunk of chunksOf(source, signal)) hashers.update(chunk);
  return hashers.digests();
}
