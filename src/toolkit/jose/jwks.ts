import type { JoseAlgorithmName } from "../../adapter/algorithms.js";
import { refused } from "../../adapter/refusal.js";
import { SigningPolicy } from "../../policy/signing-policy.js";
import { algorithmOf } from "./algorithm.js";
import type { KeyParameterChoices } from "./certificate-parameters.js";
import { certificateThumbprint, keyParameters } from "./certificate-parameters.js";
import type { PublicJwk } from "./jwk.js";
import { publicKeyMembers, thumbprintOf } from "./jwk.js";

/** A policy's key in a JWK Set, and what is said of it there. */
export interface JwksEntry {
  readonly policy: SigningPolicy;
  /** What the key is used for. Default: that of `signJws`: RS256, or the one of the curve. */
  readonly alg?: JoseAlgorithmName | undefined;
  /** Default: the thumbprint (RFC 7638). */
  readonly kid?: string | undefined;
  /** The certificate, with those of its issuers that are in a list. Default: `true`. */
  readonly x5c?: KeyParameterChoices["x5c"];
}

/** A JWK Set (RFC 7517, section 5). */
export interface Jwks {
  readonly keys: PublicJwk[];
}

/**
 * The public keys of policies as a JWK Set, for those who verify: with `use`, `alg`, `kid`, `x5c` and `x5t#S256`. Nothing
 * is sent, and there is nothing private that could be in it.
 *
 * @param policies - one policy, or several; with more to say of one, `{ policy, alg, … }`. An RSA key that signs by several
 * algorithms is listed once for each
 * @returns the set, for `JSON.stringify` and for jose's `createLocalJWKSet`
 * @throws {SignPathError} `ALGORITHM_NOT_SUPPORTED`, `POLICY_UNUSABLE`; `CONFIG_INVALID` for certificates that cannot be read, or a
 * `kid` that is no text
 * @throws {TypeError} for a policy that is none
 */
export async function jwks(
  policies: SigningPolicy | JwksEntry | Iterable<SigningPolicy | JwksEntry>,
): Promise<Jwks> {
  const given = Symbol.iterator in policies ? [...policies] : [policies];
  const entries = given.map((each) => (each instanceof SigningPolicy ? { policy: each } : each));
  return { keys: await Promise.all(entries.map(publicJwk)) };
}

async function publicJwk({ policy, alg: wanted, kid, x5c = true }: JwksEntry): Promise<PublicJwk> {
  const { alg } = algorithmOf(policy, wanted);
  if (kid !== undefined && typeof kid !== "string") throw refused("kid must be a text");
  const thumbprint = certificateThumbprint(policy.certificateDer);
  const [members, parameters] = await Promise.all([publicKeyMembers(policy), keyParameters(policy, { x5c })]);
  return {
    ...members,
    use: "sig",
    alg,
    kid: kid ?? thumbprintOf(members),
    ...(parameters.x5c && { x5c: parameters.x5c }),
    "x5t#S256": thumbprint,
  };
}
