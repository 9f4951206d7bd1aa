import { quote, refused } from "../../adapter/refusal.js";
import type { CallOptions } from "../../api/transport/request.js";
import { readParameters } from "./header.js";
import { signJws } from "./jws.js";
import type { JwsSigner } from "./signer-plan.js";

/** The claims of a JWT (RFC 7519, section 4.1), and others by their names. Times are seconds since 1970. */
export interface JwtClaims {
  readonly iss?: string | undefined;
  readonly sub?: string | undefined;
  readonly aud?: string | readonly string[] | undefined;
  readonly exp?: number | undefined;
  readonly nbf?: number | undefined;
  readonly iat?: number | undefined;
  readonly jti?: string | undefined;
  readonly [name: string]: unknown;
}

/** How to make a JWT. */
export interface SignJwtOptions extends CallOptions, Omit<JwsSigner, "unprotectedHeader"> {
  /** `false` leaves out `iat`. Default: now, in whole seconds, unless the claims have one. */
  readonly issuedAt?: boolean | undefined;
  /** `exp`: so many seconds after `iat`, or after now where there is none. */
  readonly expiresIn?: number | undefined;
  /** `nbf`: so many seconds after `iat`, or after now where there is none; a negative number allows for clocks that are slow. */
  readonly notBefore?: number | undefined;
}

/** The last second of the year 9999: what is later is meant in milliseconds. */
const LAST_SECOND = 253_402_300_799;

/**
 * Signs a JWT (RFC 7519) with the key of a policy.
 *
 * ```ts
 * const token = await signJwt({ iss: "us", aud: "them" }, { policy, alg: "ES256", expiresIn: 300, kid: true });
 * ```
 *
 * `typ` of the header is `JWT` unless `header` has another, as `at+jwt`.
 *
 * @param claims - an object that JSON has; it is read at the call
 * @returns the JWT in the compact serialization, the only one (RFC 7519, section 1)
 * @throws {SignPathError} `CONFIG_INVALID` for claims that RFC 7519 does not have like that; those of {@link signJws}
 * @throws {TypeError} for claims that are no object, or hold what JSON does not have; as {@link signJws}
 */
export async function signJwt(claims: JwtClaims, options: SignJwtOptions): Promise<string> {
  const payload = JSON.stringify(timed(readClaims(claims), options));
  const { policy, alg, kid, x5c, "x5t#S256": x5t, signal } = options;
  const header = { typ: "JWT", ...readParameters("header", options.header) };
  return signJws(payload, { policy, alg, header, kid, x5c, "x5t#S256": x5t, signal });
}

function readClaims(claims: JwtClaims): Record<string, unknown> {
  const text: string | undefined = JSON.stringify(claims);
  const read: unknown = text === undefined ? undefined : JSON.parse(text);
  if (typeof read !== "object" || read === null || Array.isArray(read))
    throw new TypeError("the claims must be an object");
  const given: Record<string, unknown> = { ...read };
  for (const name of ["iat", "exp", "nbf"]) requireTime(name, given[name]);
  for (const name of ["iss", "sub", "jti"]) {
    if (given[name] !== undefined && typeof given[name] !== "string") throw refused(`${name} must be a text`);
  }
  const { aud = [] } = given;
  if (![aud].flat().every((each) => typeof each === "string"))
    throw refused("aud must be a text or a list of them");
  return given;
}

/** The claims with the times that the options ask for. */
function timed(claims: Record<string, unknown>, options: SignJwtOptions): Record<string, unknown> {
  const { issuedAt = true, expiresIn, notBefore } = options;
  const { iat, nbf, exp, ...others } = claims;
  if (typeof issuedAt !== "boolean") throw refused("issuedAt must be true or false; claims.iat names a time");
  if (!issuedAt && iat !== undefined) throw refused("iat is in the claims, and issuedAt is false");
  const from = typeof iat === "number" ? iat : Math.floor(Date.now() / 1000);
  const times: Readonly<Record<string, number>> = {
    ...(issuedAt && { iat: from }),
    ...timeOf("nbf", nbf, "notBefore", notBefore, from),
    ...timeOf("exp", exp, "expiresIn", expiresIn, from),
  };
  if (expiresIn !== undefined && expiresIn <= 0) throw refused("expiresIn must be more than 0 seconds");
  if ((times["exp"] ?? Infinity) <= (times["nbf"] ?? 0)) throw refused("exp must be later than nbf");
  return { ...others, ...times };
}

/** A time that is in the claims, or so many seconds after another. */
function timeOf(
  name: "nbf" | "exp",
  claimed: unknown,
  option: string,
  seconds: number | undefined,
  from: number,
): Record<string, number> {
  if (seconds === undefined) return typeof claimed === "number" ? { [name]: claimed } : {};
  if (claimed !== undefined) throw refused(`${name} is in the claims, and ${option} says it as well`);
  if (typeof seconds !== "number" || !Number.isFinite(seconds))
    throw refused(`${option} must be a number of seconds, not ${quote(seconds)}`);
  requireTime(name, from + seconds);
  return { [name]: from + seconds };
}

/** A NumericDate (RFC 7519, section 2). */
function requireTime(name: string, value: unknown): void {
  if (value === undefined) return;
  if (typeof value !== "number" || !Number.isFinite(value) || value < 0)
    throw refused(`${name} must be a number of seconds since 1970, not ${quote(value)}`);
  if (value > LAST_SECOND)
    throw refused(`${name} is in seconds since 1970, and ${value} looks like milliseconds`);
}
