import { domError } from "../composite/errors.js";
import type { AlgorithmMembers, ProviderUsages, ResolvedAlgorithm } from "./types.js";

/**
 * Usages that an imported key may have although its algorithm has no such operation. ECDH: to the library an
 * EC key is an EC key, and code written for it imports the other party's key with the usages of ECDSA. Such a
 * key can be exported and be the `public` of a derivation; sign and verify refuse it by its algorithm.
 */
const ALSO_IMPORTED_WITH: ReadonlyMap<string, ReadonlySet<string>> = new Map([
  ["ECDH", new Set(["sign", "verify"])],
]);

/** Whether every usage, of at least one, is one that only an import accepts. */
export function importedForeignUsages(name: string, usages: unknown): boolean {
  const also = ALSO_IMPORTED_WITH.get(name.toUpperCase());
  return also !== undefined && Array.isArray(usages) && usages.length > 0 && usages.every((u) => also.has(u));
}

/** Refuses a key whose algorithm or usages do not fit the operation, as the specification does. */
export function checkUsage(key: CryptoKey, name: string, usage: string): void {
  if (key.algorithm.name.toLowerCase() !== name.toLowerCase()) {
    throw domError("InvalidAccessError", `The key is for ${key.algorithm.name}, not for ${name}`);
  }
  if (!(key.usages as readonly string[]).includes(usage)) {
    const usages = key.usages.length === 0 ? "none" : key.usages.join(", ");
    throw domError("InvalidAccessError", `The key cannot ${usage}: its usages are ${usages}`);
  }
}

/** Refuses usages that the new key or key pair could not have, or a private or secret key without any. */
export function checkGeneratedUsages({ provider }: ResolvedAlgorithm, usages: readonly string[]): void {
  const [secret, open] = halves(provider.usages);
  refuseForeign(provider.name, usages, [...secret, ...open]);
  if (!usages.some((usage) => secret.includes(usage))) {
    throw domError("SyntaxError", `Usages cannot be empty: a ${provider.name} key can ${secret.join(", ")}`);
  }
}

/** The same for an imported key, whose type is known only once it is there. */
export function checkImportedUsages({ provider }: ResolvedAlgorithm, key: CryptoKey): void {
  const [secret, open] = halves(provider.usages);
  const allowed = key.type === "public" ? open : secret;
  refuseForeign(provider.name, key.usages, [...allowed, ...(ALSO_IMPORTED_WITH.get(provider.name) ?? [])]);
  if (key.type !== "public" && key.usages.length === 0) {
    throw domError("SyntaxError", `Usages cannot be empty when importing a ${key.type} key`);
  }
}

/** Refuses a derivation between keys of different kinds, which the library would try. */
export function checkOtherParty(members: AlgorithmMembers, baseKey: CryptoKey): void {
  const other = members.public as CryptoKey | undefined;
  // A missing one is left to the library: not every derivation has another party.
  if (typeof other !== "object" || other === null) return;
  if (other.type !== "public" || baseKey.type !== "private") {
    throw domError("InvalidAccessError", "A derivation takes the own private key and the other's public key");
  }
  if (!sameKind(other, baseKey)) {
    throw domError("InvalidAccessError", "algorithm.public: the key is of another algorithm or curve");
  }
}

/** Whether two keys have the same algorithm and, where there is one, the same curve. */
export function sameKind(a: CryptoKey, b: CryptoKey): boolean {
  return a.algorithm.name === b.algorithm.name && curveOf(a) === curveOf(b);
}

/** The curve of a key, where its algorithm has one. */
export function curveOf(key: CryptoKey): unknown {
  return (key.algorithm as { readonly namedCurve?: unknown }).namedCurve;
}

function halves(usages: ProviderUsages): readonly [readonly string[], readonly string[]] {
  return "privateKey" in usages ? [usages.privateKey, usages.publicKey] : [usages, []];
}

function refuseForeign(name: string, usages: readonly string[], allowed: readonly string[]): void {
  const foreign = usages.find((usage) => !allowed.includes(usage));
  if (foreign !== undefined) throw domError("SyntaxError", `Unsupported key usage for ${name}: ${foreign}`);
}
