import { domError } from "../composite/errors.js";

/** The key type (RFC 7518, 6.1; RFC 8037, 2) of each family of algorithms, by the start of its name. */
const KEY_TYPES: readonly (readonly [prefix: RegExp, kty: string])[] = [
  [/^RSA/i, "RSA"],
  [/^(ECDSA|ECDH)$/i, "EC"],
  [/^(EdDSA|ECDH-ES|Ed\d+|X\d+)$/i, "OKP"],
  [/./, "oct"],
];

/** Other names of a curve in a JWK: RFC 8812 calls K-256 secp256k1. */
const CURVE_ALIASES: ReadonlyMap<string, string> = new Map([["secp256k1", "K-256"]]);

/** What an import asks for, as far as a JWK can contradict it. */
export interface JwkRequest {
  readonly name: string;
  readonly namedCurve: unknown;
  readonly extractable: unknown;
  readonly usages: readonly string[];
}

/**
 * Refuses a JWK that contradicts the import: the library reads the key's numbers and believes the caller in
 * everything else.
 *
 * @throws DOMException `DataError`
 */
export function checkJwk(jwk: unknown, { name, namedCurve, extractable, usages }: JwkRequest): void {
  if (typeof jwk !== "object" || jwk === null) throw new TypeError("keyData: a JSON Web Key is required");
  const { kty, crv, ext, key_ops: operations } = jwk as JsonWebKey;
  const expected = KEY_TYPES.find(([prefix]) => prefix.test(name))?.[1];
  if (kty !== expected) throw domError("DataError", `JWK "kty" is not "${expected}", which ${name} needs`);
  if (typeof namedCurve === "string" && crv !== undefined && (CURVE_ALIASES.get(crv) ?? crv) !== namedCurve) {
    throw domError("DataError", `JWK "crv" is not the requested ${namedCurve}`);
  }
  if (ext === false && extractable === true) {
    throw domError("DataError", 'JWK "ext" is false, but an extractable key was asked for');
  }
  if (operations === undefined) return;
  if (!Array.isArray(operations) || !usages.every((usage) => operations.includes(usage))) {
    throw domError("DataError", 'JWK "key_ops" does not include every requested usage');
  }
}
