import { decodeBase64url, encodeBase64url } from "../../adapter/base64url.js";
import { refused } from "../../adapter/refusal.js";
import { requireSameKey } from "../../adapter/same-key.js";
import { signMessage } from "../../adapter/sign-message.js";
import type { CallOptions } from "../../api/transport/request.js";
import { requireSignal } from "../../base/abort.js";
import type { SigningPolicy } from "../../policy/signing-policy.js";
import { algorithmOf } from "./algorithm.js";
import { foreignCertificateIn, namesCertificate } from "./certificate-parameters.js";
import { decodeHeader } from "./header.js";
import { isPublicKeyOf } from "./jwk.js";

/**
 * Signs a JWS or JWT anew that a library has made with another key, so that libraries which sign synchronously need not
 * know of SignPath: header and claims stay as they are, byte for byte, and the third part is replaced.
 *
 * ```ts
 * const { pem } = await throwAwayKey(policy, "RS256");
 * const token = await resign(jsonwebtoken.sign(claims, pem, { algorithm: "RS256", expiresIn: "5m" }), policy);
 * ```
 *
 * **Whatever it is given is signed:** give it only what your own code has just made.
 *
 * @param token - in the compact serialization, with its payload; the third part is not looked at beyond its alphabet
 * @returns the token with a signature by the policy's key, by the algorithm that the header names; ECDSA as r‖s
 * @throws {SignPathError} `ALGORITHM_NOT_SUPPORTED` where the header names none of the key's algorithms: `none`, HS256, ES256
 * for an RSA key; `REQUEST_REJECTED` for what is no such token, or one that names another key in `jwk`, or another certificate in
 * `x5c` or `x5t#S256`; `CERTIFICATE_CHANGED`; those of `SigningPolicy.signStream`
 * @throws {TypeError} for a token that is no text
 */
export async function resign(
  token: string,
  policy: SigningPolicy,
  options: CallOptions = {},
): Promise<string> {
  const { signal } = options;
  requireSignal(signal);
  if (typeof token !== "string")
    throw new TypeError("the token must be text: a JWS in the compact serialization");
  const [header, payload, signature] = partsOf(token);
  const parameters = decodeHeader(header);
  const alg: unknown = Object.hasOwn(parameters, "alg") ? parameters["alg"] : undefined;
  const algorithm = algorithmOf(policy, typeof alg === "string" ? alg : `${JSON.stringify(alg)}`);
  if (Object.hasOwn(parameters, "b64"))
    throw refused("a header with b64 is for signJws, which makes it and crit (RFC 7797)", "REQUEST_REJECTED");
  if (decodeBase64url(payload) === undefined || decodeBase64url(signature) === undefined)
    throw refused("the token's parts are not Base64url", "REQUEST_REJECTED");
  if (payload === "")
    throw refused(
      "the token has no payload: put back a detached one before it is signed",
      "REQUEST_REJECTED",
    );
  const certificate = policy.certificateDer;
  const foreign = foreignCertificateIn(parameters, certificate);
  if (foreign !== undefined) {
    const message = `${foreign} of the header is not the certificate of signing policy ${policy.reference}`;
    throw refused(`${message}: keyParameters(policy, …) gives it`, "REQUEST_REJECTED");
  }
  const namesKey = Object.hasOwn(parameters, "jwk");
  if (namesKey && !(await isPublicKeyOf(policy, parameters["jwk"]))) {
    const message = `jwk of the header is not the public key of signing policy ${policy.reference}`;
    throw refused(`${message}: jwks(policy) has it`, "REQUEST_REJECTED");
  }
  const input = `${header}.${payload}`;
  const signed = await signMessage(policy, algorithm, Buffer.from(input), { signal });
  if (namesKey || namesCertificate(parameters)) requireSameKey(policy, certificate);
  return `${input}.${encodeBase64url(signed)}`;
}

function partsOf(token: string): [header: string, payload: string, signature: string] {
  const [header, payload, signature, ...more] = token.split(".", 4);
  if (header !== undefined && payload !== undefined && signature !== undefined && more.length === 0)
    return [header, payload, signature];
  throw refused(
    "the token does not have three parts: it is no JWS in the compact serialization",
    "REQUEST_REJECTED",
  );
}
