import type { JoseAlgorithm, JoseAlgorithmName } from "../../adapter/algorithms.js";
import { decodeBase64url, encodeBase64url } from "../../adapter/base64url.js";
import { quote, refused } from "../../adapter/refusal.js";
import { signMessage } from "../../adapter/sign-message.js";
import type { CallOptions } from "../../api/transport/request.js";
import { isBufferSource, viewOf } from "../../base/bytes.js";
import type { SigningPolicy } from "../../policy/signing-policy.js";
import { algorithmOf } from "./algorithm.js";
import { decodeHeader } from "./header.js";
import { signJwt } from "./jwt.js";

/** Signs a signing input, `header.payload`, and gives the signature as Base64url. */
export type JoseSigner = (data: string | Uint8Array) => Promise<string>;

/**
 * The function that libraries take which leave signing to their caller: `signer` of did-jwt, `signer` and `kbSigner` of
 * @sd-jwt/core.
 *
 * ```ts
 * await createJWT(claims, { issuer, signer: joseSigner(policy, "ES256") }, { alg: "ES256" }); // did-jwt
 * new SDJwtInstance({ signer: joseSigner(policy, "PS256"), signAlg: "PS256", ...others }); // @sd-jwt/core
 * ```
 *
 * The header that the library wrote must say the same `alg`: one that names another is refused, because nobody could verify
 * the token. So is every call once the policy has a key on another curve.
 *
 * @param alg - by default RS256 for an RSA key, and ES256, ES384 or ES512 as the curve says
 * @param options - `signal` ends all calls of the function
 * @returns the function, which gives the signature of a signing input as Base64url
 * @throws {SignPathError} `ALGORITHM_NOT_SUPPORTED`, naming those that the key signs with; `POLICY_UNUSABLE`. The function
 * itself: the same; `REQUEST_REJECTED` for what is no signing input, and those of `SigningPolicy.signStream`
 */
export function joseSigner(
  policy: SigningPolicy,
  alg?: JoseAlgorithmName,
  options: CallOptions = {},
): JoseSigner {
  const algorithm = algorithmOf(policy, alg);
  const { signal } = options;
  return async (data) => {
    if (typeof data !== "string" && !isBufferSource(data))
      throw new TypeError("the data to sign must be a text or bytes");
    const input = typeof data === "string" ? Buffer.from(data) : Buffer.from(viewOf(data));
    requireInput(input, algorithm);
    return encodeBase64url(await signMessage(policy, algorithm, input, { signal }));
  };
}

function requireInput(input: Buffer, { alg }: JoseAlgorithm): void {
  const end = input.indexOf(".");
  if (end < 0) throw refused("the data has no header in front of a period", "REQUEST_REJECTED");
  const header = decodeHeader(input.toString("latin1", 0, end));
  const named = Object.hasOwn(header, "alg") ? header["alg"] : undefined;
  if (named !== alg)
    throw refused(`the header says ${quote(named)}, and the signer is for ${alg}`, "ALGORITHM_NOT_SUPPORTED");
  const isEncoded = !Object.hasOwn(header, "b64") || header["b64"] !== false;
  if (isEncoded && decodeBase64url(input.toString("latin1", end + 1)) === undefined)
    throw refused("behind the header is not the Base64url of one payload", "REQUEST_REJECTED");
}

/** What `createJwt` of @octokit/auth-app gives. */
export interface GithubAppJwt {
  readonly jwt: string;
  /** When it expires, as ISO 8601. */
  readonly expiresAt: string;
}

/** `iat` lies so far in the past, in seconds: GitHub refuses what its own clock takes for the future. */
const GITHUB_CLOCK_SECONDS = 30;
/** GitHub takes ten minutes at most. */
const GITHUB_LIFETIME_SECONDS = 600;

/**
 * `createJwt` of @octokit/auth-app, so that a GitHub App authenticates with a key in SignPath: RS256, for ten minutes less the
 * allowance for clocks.
 *
 * ```ts
 * const auth = createAppAuth({ appId, createJwt: githubAppJwt(policy) });
 * ```
 *
 * GitHub makes the keys of its Apps itself: the policy's must be one of those, imported into the HSM.
 *
 * @param options - `signal` ends all calls of the function
 * @returns the function, which gives a JWT and when it expires
 * @throws {SignPathError} `ALGORITHM_NOT_SUPPORTED` for a key that is not RSA; `POLICY_UNUSABLE`. The function itself: those of
 * {@link signJwt}
 */
export function githubAppJwt(
  policy: SigningPolicy,
  options: CallOptions = {},
): (clientIdOrAppId: string | number, timeDifference?: number) => Promise<GithubAppJwt> {
  algorithmOf(policy, "RS256");
  const { signal } = options;
  return async (clientIdOrAppId, timeDifference = 0) => {
    const iat = Math.floor(Date.now() / 1000 + timeDifference) - GITHUB_CLOCK_SECONDS;
    const exp = iat + GITHUB_LIFETIME_SECONDS;
    const claims = { iss: String(clientIdOrAppId), iat, exp };
    const jwt = await signJwt(claims, { policy, alg: "RS256", signal });
    return { jwt, expiresAt: new Date(exp * 1000).toISOString() };
  };
}
