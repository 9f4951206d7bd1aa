import type { JoseAlgorithm } from "../../adapter/algorithms.js";
import { decodeBase64url, encodeBase64url } from "../../adapter/base64url.js";
import { quote, refused } from "../../adapter/refusal.js";
import type { KeyParameters } from "./certificate-parameters.js";
import { isPrivateJwk } from "./jwk.js";

/** Parameters of a JOSE header by their names (RFC 7515, section 4), with values that JSON has. */
export type JoseHeader = Readonly<Record<string, unknown>>;

/** Those of RFC 7515 that are text. */
const TEXTS: ReadonlySet<string> = new Set(["typ", "cty", "kid", "jku", "x5u", "x5t", "x5t#S256"]);

/** Those that RFC 7515 and RFC 7518 define, which `crit` must not list (RFC 7515, section 4.1.11). */
const NOT_CRITICAL: ReadonlySet<string> = new Set([
  ...["alg", "jku", "jwk", "kid", "x5u", "x5c", "x5t", "x5t#S256", "typ", "cty", "crit"],
  ...["enc", "zip", "epk", "apu", "apv", "iv", "tag", "p2s", "p2c"],
]);

/** What a header is made of. */
export interface HeaderParts {
  readonly algorithm: JoseAlgorithm;
  /** The caller's, as {@link readParameters} gave them. */
  readonly given: JoseHeader;
  readonly parameters: KeyParameters;
  /** `false` has the payload signed as it is (RFC 7797). */
  readonly b64: boolean;
}

/**
 * The caller's parameters as JSON has them, checked.
 *
 * @param what - what the caller calls them
 * @throws {SignPathError} `CONFIG_INVALID`
 * @throws {TypeError} for what is no object, or holds what JSON does not have
 */
export function readParameters(what: string, header: JoseHeader | undefined): JoseHeader {
  if (header === undefined) return {};
  const text: string | undefined = JSON.stringify(header);
  const given: unknown = text === undefined ? undefined : JSON.parse(text);
  if (!isObject(given)) throw new TypeError(`${what} must be an object of header parameters`);
  for (const [name, value] of Object.entries(given)) {
    if (TEXTS.has(name) && typeof value !== "string") throw refused(`${name} in ${what} must be a text`);
  }
  if (Object.hasOwn(given, "b64")) {
    throw refused(`b64 is not for ${what}: the option b64: false writes it there, and into crit`);
  }
  const { jwk } = given;
  if (isObject(jwk) && isPrivateJwk(jwk))
    throw refused(`jwk in ${what} must be a public key, and this one is private`);
  return given;
}

/**
 * The protected header as JSON.
 *
 * @throws {SignPathError} `CONFIG_INVALID`
 */
export function protectedHeader({ algorithm, given, parameters, b64 }: HeaderParts): string {
  const { crit: own, ...others } = given;
  const twice = Object.keys(parameters).find((name) => Object.hasOwn(others, name));
  if (twice !== undefined) throw refused(`${twice} is both an option and in the header: say it once`);
  const header = { alg: algorithm.alg, ...others, ...parameters };
  const crit = [...criticalNames(own, header), ...(b64 ? [] : ["b64"])];
  return JSON.stringify({ ...header, ...(!b64 && { b64 }), ...(crit.length > 0 && { crit }) });
}

/**
 * What stands in an encoded header.
 *
 * @throws {SignPathError} `REQUEST_REJECTED` for one that is none
 */
export function decodeHeader(encoded: string): JoseHeader {
  const bytes = decodeBase64url(encoded);
  if (bytes === undefined) throw refused("the header is not Base64url", "REQUEST_REJECTED");
  let header: unknown;
  try {
    header = JSON.parse(new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes));
  } catch {
    throw refused("the header is not JSON in UTF-8", "REQUEST_REJECTED");
  }
  if (!isObject(header)) throw refused("the header is not an object", "REQUEST_REJECTED");
  return header;
}

/** A header as it is signed. */
export function encodeHeader(json: string): string {
  return encodeBase64url(Buffer.from(json));
}

function criticalNames(crit: unknown, header: JoseHeader): string[] {
  if (crit === undefined) return [];
  const isList = Array.isArray(crit) && crit.length > 0 && crit.every((name) => typeof name === "string");
  if (!isList) throw refused("crit must be a list of names with one at least (RFC 7515, section 4.1.11)");
  const names: string[] = crit;
  for (const name of names) {
    if (NOT_CRITICAL.has(name)) throw refused(`crit must not list ${name}, which everybody understands`);
    if (!Object.hasOwn(header, name)) throw refused(`crit lists ${quote(name)}, which the header lacks`);
  }
  if (new Set(names).size < names.length) throw refused("crit lists a name twice");
  return names;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
