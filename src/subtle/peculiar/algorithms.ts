import { membersOf } from "../composite/arguments.js";
import { domError } from "../composite/errors.js";
import type { AlgorithmMembers, PeculiarProvider, PeculiarSubtle, ResolvedAlgorithm } from "./types.js";

/** The formats of the library; Node's newer ones (`raw-secret`, `raw-seed`, …) are not among them. */
const FORMATS: ReadonlySet<unknown> = new Set(["raw", "pkcs8", "spki", "jwk"]);

/**
 * Algorithms of the library that never stand in for Node's; all others do as soon as Node refuses them. HMAC: Node
 * has every hash that the library has there; what Node may refuse is a length that is not a whole number of bytes,
 * and that one the library rounds down in silence. A refusal is better than a shorter key.
 */
const NOT_OFFERED: ReadonlySet<string> = new Set(["HMAC"]);

/** Key lengths in bits of algorithms whose parameters name none. */
const FIXED_KEY_LENGTH: ReadonlyMap<string, number> = new Map([
  ["DES-CBC", 64],
  ["DES-EDE3-CBC", 192],
]);

/** The block length in bits of a hash, which is the default length of an HMAC key. */
const HASH_BLOCK_LENGTH: ReadonlyMap<string, number> = new Map([
  ["SHA-1", 512],
  ["SHA-256", 512],
  ["SHA-384", 1024],
  ["SHA-512", 1024],
  ["SHA3-256", 1088],
  ["SHA3-384", 832],
  ["SHA3-512", 576],
]);

/**
 * The library's implementation of an algorithm, and the algorithm in its spelling (it compares curves and
 * hashes by case in some places and not in others). `undefined` where it has none for this name, curve or
 * hash.
 */
export function resolve(subtle: PeculiarSubtle, algorithm: unknown): ResolvedAlgorithm | undefined {
  const members = membersOf(algorithm);
  if (members === undefined) return undefined;
  const provider = providerOf(subtle, members.name);
  if (provider === undefined) return undefined;
  const resolved: Record<string, unknown> = { ...members, name: provider.name };
  if (provider.namedCurves !== undefined && members.namedCurve !== undefined) {
    const namedCurve = spelled(provider.namedCurves, members.namedCurve);
    if (namedCurve === undefined) return undefined;
    resolved["namedCurve"] = namedCurve;
  }
  if (provider.hashAlgorithms !== undefined && members.hash !== undefined) {
    // SHAKE stands in the list, but a key with it can be made and then not sign.
    const usable = provider.hashAlgorithms.filter((hash) => !/^shake/i.test(hash));
    const name = spelled(usable, members.hash?.name);
    if (name === undefined) return undefined;
    resolved["hash"] = { ...members.hash, name };
  }
  return { provider, members: resolved as unknown as AlgorithmMembers };
}

/** {@link resolve}, or the error of the specification for an algorithm that nobody has. */
export function resolveOrRefuse(subtle: PeculiarSubtle, algorithm: unknown): ResolvedAlgorithm {
  const resolved = resolve(subtle, algorithm);
  if (resolved !== undefined) return resolved;
  const name = membersOf(algorithm)?.name;
  if (name === undefined) throw new TypeError("algorithm: a name, or an object with one, is required");
  throw domError("NotSupportedError", `@peculiar/webcrypto has no ${name} with these parameters`);
}

/** Whether the library may stand in where Node refuses to make a key of, or to hash with, this algorithm. */
export function offers(subtle: PeculiarSubtle, algorithm: unknown, format?: unknown): boolean {
  if (format !== undefined && !FORMATS.has(format)) return false;
  const resolved = resolve(subtle, algorithm);
  return resolved !== undefined && !NOT_OFFERED.has(resolved.provider.name);
}

/**
 * How many bits `deriveKey` takes for a key of this algorithm (the specification's "get key length").
 * `null`: the whole secret.
 */
export function keyLength(algorithm: unknown): number | null {
  const members = membersOf(algorithm);
  if (members === undefined)
    throw new TypeError("derivedKeyType: a name, or an object with one, is required");
  const name = members.name.toUpperCase();
  if (name === "HKDF" || name === "PBKDF2") return null;
  const length = members.length ?? FIXED_KEY_LENGTH.get(name) ?? blockLength(members.hash?.name);
  if (typeof length === "number" && Number.isInteger(length) && length > 0) return length;
  throw domError("OperationError", `derivedKeyType: ${members.name} needs a length in bits`);
}

function blockLength(hash: string | undefined): number | undefined {
  return hash === undefined ? undefined : HASH_BLOCK_LENGTH.get(hash.toUpperCase());
}

function providerOf(subtle: PeculiarSubtle, name: string): PeculiarProvider | undefined {
  // The library's table has a prototype: "constructor" would find something.
  const provider = subtle.providers.get(name);
  return provider?.name?.toLowerCase() === name.toLowerCase() ? provider : undefined;
}

function spelled(names: readonly string[], name: unknown): string | undefined {
  if (typeof name !== "string") return undefined;
  return names.find((known) => known.toLowerCase() === name.toLowerCase());
}
