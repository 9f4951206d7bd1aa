import { exactCopy, viewOf } from "../../base/bytes.js";
import type { AlgorithmMembers } from "../peculiar/types.js";

/** How deep an argument is copied: a JWK has members that have members, and nothing has more. */
const DEPTH = 3;

/**
 * A copy of an argument as it is now. The specification copies what it is given before it goes on
 * asynchronously; whoever asks a second engine after the first, or loads one before, has to do the same.
 * Keys are kept as they are.
 */
export function snapshot(value: unknown, depth: number = DEPTH): unknown {
  if (typeof value !== "object" || value === null || depth === 0 || looksLikeKey(value)) return value;
  if (ArrayBuffer.isView(value) || value instanceof ArrayBuffer) return bytesOf(value);
  if (Array.isArray(value)) return value.map((item) => snapshot(item, depth - 1));
  if (value instanceof Set) return [...value];
  const members: [string, unknown][] = [];
  // Inherited members count as well: to WebCrypto a dictionary is any object.
  for (const name in value) members.push([name, snapshot(Reflect.get(value, name), depth - 1)]);
  return Object.fromEntries(members);
}

/** Whether a value says that it is a `CryptoKey`, of whatever origin. */
export function looksLikeKey(value: unknown): value is CryptoKey {
  return typeof value === "object" && Object.prototype.toString.call(value) === "[object CryptoKey]";
}

/** The members of an algorithm given as a string or as an object; `undefined` for anything else. */
export function membersOf(algorithm: unknown): AlgorithmMembers | undefined {
  if (typeof algorithm === "string") return { name: algorithm };
  if (typeof algorithm !== "object" || algorithm === null) return undefined;
  const members = { ...algorithm } as Record<string, unknown>;
  if (typeof members["name"] !== "string") return undefined;
  if (typeof members["hash"] === "string") members["hash"] = { name: members["hash"] };
  return members as unknown as AlgorithmMembers;
}

/** The member `public` of a derivation's algorithm. */
export function otherParty(algorithm: unknown): unknown {
  return typeof algorithm === "object" && algorithm !== null ? Reflect.get(algorithm, "public") : undefined;
}

function bytesOf(source: ArrayBuffer | ArrayBufferView): unknown {
  try {
    return exactCopy(viewOf(source));
  } catch {
    // A detached buffer: the engine finds the words for it.
    return source;
  }
}
