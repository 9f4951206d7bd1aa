/**
 * JWS and JWT (RFC 7515, RFC 7519) with a key in SignPath, and what libraries for them need in order to sign with it.
 * Nothing here loads a toolkit.
 *
 * | how | with what | run with |
 * | --- | --- | --- |
 * | {@link signJws}, {@link signJwt}, {@link jwks} | whatever verifies; jose itself signs with the global `subtle` alone | jose 6.2 |
 * | {@link joseSigner} | `signer` of did-jwt, `signer` and `kbSigner` of @sd-jwt/core | 8.0, 0.19 |
 * | {@link githubAppJwt} | `createJwt` of @octokit/auth-app | 8.3 |
 * | {@link throwAwayKey}, {@link resign} | jsonwebtoken, fast-jwt and jws, which sign synchronously | 9.0, 6.3, 4.0 |
 *
 * jose checks a key's name, hash, curve and length (2048 bits at least), and `alg` and `use` of a JWK; it leaves `x5c` to its
 * caller. did-jwt has ES256 alone of these algorithms. fast-jwt and jsonwebtoken check that key and algorithm fit, jws does
 * not. jws and jsonwebtoken write the low byte of each character of a header: what is not ASCII is another text, and `resign`
 * refuses it only where that is no UTF-8.
 *
 * @module
 */
export type { JoseAlgorithmName } from "../../adapter/algorithms.js";
export type { KeyParameterChoices, KeyParameters } from "./certificate-parameters.js";
export { keyParameters } from "./certificate-parameters.js";
export type { JoseHeader } from "./header.js";
export type { JwkParameters, PublicJwk, PublicKeyMembers } from "./jwk.js";
export { jwkThumbprint } from "./jwk.js";
export type { Jwks, JwksEntry } from "./jwks.js";
export { jwks } from "./jwks.js";
export type {
  DetachedGeneralJws,
  FlattenedJws,
  GeneralJws,
  JwsSignature,
  SignJwsOptions,
} from "./jws.js";
export { signJws } from "./jws.js";
export type { JwtClaims, SignJwtOptions } from "./jwt.js";
export { signJwt } from "./jwt.js";
export { jwsKey } from "./key.js";
export type { JwsPayload, JwsSerialization } from "./payload.js";
export { resign } from "./resign.js";
export type { GithubAppJwt, JoseSigner } from "./signer.js";
export { githubAppJwt, joseSigner } from "./signer.js";
export type { JwsSigner } from "./signer-plan.js";
export type { ThrowAwayKey } from "./throw-away-key.js";
export { throwAwayKey } from "./throw-away-key.js";
