import { createHash, webcrypto } from "node:crypto";
import type { JoseAlgorithmName } from "../../adapter/algorithms.js";
import type { SigningPolicy } from "../../policy/signing-policy.js";
import { algorithmOf } from "./algorithm.js";

/** The members of a public key as JWK, all of them required ones (RFC 7518, sections 6.2.1 and 6.3.1). */
export type PublicKeyMembers =
  | { readonly kty: "RSA"; readonly n: string; readonly e: string }
  | { readonly kty: "EC"; readonly crv: string; readonly x: string; readonly y: string };

/** The policy's public key as JWK, and nothing else. */
export async function publicKeyMembers(policy: SigningPolicy): Promise<PublicKeyMembers> {
  const { name, hash } = algorithmOf(policy, undefined);
  const key = await policy.publicKey({ name, hash });
  const { n = "", e = "", crv = "", x = "", y = "" } = await webcrypto.subtle.exportKey("jwk", key);
  return name === "ECDSA" ? { kty: "EC", crv, x, y } : { kty: "RSA", n, e };
}

/** Whether what a header says in `jwk` is the policy's public key (RFC 7515, section 4.1.3), and no private one. */
export async function isPublicKeyOf(policy: SigningPolicy, jwk: unknown): Promise<boolean> {
  if (typeof jwk !== "object" || jwk === null || isPrivateJwk(jwk)) return false;
  const members = Object.entries(await publicKeyMembers(policy));
  return members.every(([name, value]) => Object.hasOwn(jwk, name) && Reflect.get(jwk, name) === value);
}

/** Members of a JWK that are private (RFC 7518, sections 6.2.2, 6.3.2 and 6.4). */
const PRIVATE: readonly string[] = ["d", "p", "q", "dp", "dq", "qi", "oth", "k"];

/** Whether a JWK has what nobody else may know. */
export function isPrivateJwk(jwk: object): boolean {
  return PRIVATE.some((name) => Object.hasOwn(jwk, name));
}

/** The thumbprint of a key, SHA-256, as Base64url (RFC 7638). */
export function thumbprintOf(members: PublicKeyMembers): string {
  // The required members and no others, in the order of their names, without white space: section 3.
  const required =
    members.kty === "EC"
      ? { crv: members.crv, kty: members.kty, x: members.x, y: members.y }
      : { e: members.e, kty: members.kty, n: members.n };
  return createHash("sha256").update(JSON.stringify(required)).digest("base64url");
}

/**
 * The thumbprint of the policy's key: SHA-256, Base64url (RFC 7638). It depends on the key alone, so that it stays when the
 * certificate is renewed for the same key.
 *
 * @returns 43 characters of Base64url
 * @throws {SignPathError} `ALGORITHM_NOT_SUPPORTED`, `POLICY_UNUSABLE`
 */
export async function jwkThumbprint(policy: SigningPolicy): Promise<string> {
  return thumbprintOf(await publicKeyMembers(policy));
}

/** What else {@link PublicJwk} says of a key. */
export interface JwkParameters {
  readonly use: "sig";
  readonly alg: JoseAlgorithmName;
  readonly kid: string;
  /** The certificate, then its issuers: DER in standard Base64. */
  readonly x5c?: string[];
  /** SHA-256 of the certificate, Base64url. */
  readonly "x5t#S256": string;
}

/** A policy's public key as JSON Web Key (RFC 7517). */
export type PublicJwk = PublicKeyMembers & JwkParameters;
