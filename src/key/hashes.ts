import type { HashIdentifiers, HashName } from "../wire/signing.js";
import { HASHES } from "../wire/signing.js";

/** A hash with Node's name for it. */
export interface HashAlgorithm extends HashIdentifiers {
  readonly nodeName: string;
}

/** The names of the hashes that SignPath signs. */
export const HASH_NAMES: readonly HashName[] = Object.keys(HASHES) as HashName[];

/** The hashes that SignPath signs, by name. */
export const HASH_ALGORITHMS: ReadonlyMap<HashName, HashAlgorithm> = new Map(
  HASH_NAMES.map((name) => {
    const nodeName = name.replace("-", "").toLowerCase();
    return [name, Object.freeze({ ...HASHES[name], nodeName })];
  }),
);
