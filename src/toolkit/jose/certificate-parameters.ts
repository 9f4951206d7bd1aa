import { createHash } from "node:crypto";
import { refused } from "../../adapter/refusal.js";
import type { Bytes } from "../../base/bytes.js";
import { encodeBase64 } from "../../base/bytes.js";
import type { CertificateInput } from "../../policy/chain.js";
import type { SigningPolicy } from "../../policy/signing-policy.js";
import { jwkThumbprint } from "./jwk.js";

/** Which parameters of a header tell whose key it is (RFC 7515, section 4.1). */
export interface KeyParameterChoices {
  /**
   * The certificate. A list (PEM, DER, or certificate objects) is where its issuers are looked for, which then follow it; those
   * that are not part of its chain are left out. Default: `false`.
   */
  readonly x5c?: boolean | Iterable<CertificateInput> | undefined;
  /** SHA-256 of the certificate. Default: `false`. */
  readonly "x5t#S256"?: boolean | undefined;
  /** A name of the key: a text of yours, or with `true` its thumbprint (RFC 7638). Default: `false`. */
  readonly kid?: boolean | string | undefined;
}

/** Parameters of a header that tell whose key it is (RFC 7515, section 4.1). */
export interface KeyParameters {
  readonly kid?: string;
  /** DER in standard Base64, the policy's certificate first. */
  readonly x5c?: string[];
  /** Base64url. */
  readonly "x5t#S256"?: string;
}

/**
 * Parameters for the header of a library that signs with the policy's key, or whose token is given to {@link resign}:
 *
 * ```ts
 * jsonwebtoken.sign(claims, pem, { algorithm: "PS256", header: await keyParameters(policy, { kid: true, x5c: true }) });
 * ```
 *
 * @returns the parameters that were asked for, and no others
 * @throws {SignPathError} `CONFIG_INVALID` for certificates that cannot be read; `ALGORITHM_NOT_SUPPORTED`, `POLICY_UNUSABLE`
 */
export async function keyParameters(
  policy: SigningPolicy,
  choices: KeyParameterChoices,
): Promise<KeyParameters> {
  const { kid = false, x5c = false, "x5t#S256": x5t = false } = choices;
  if (typeof kid !== "boolean" && typeof kid !== "string") throw refused("kid must be a text, true or false");
  // All three of the same certificate: what the policy says may change with each turn.
  const der = policy.certificateDer;
  const candidates = typeof x5c === "boolean" ? [] : x5c;
  const [chain, thumbprint] = await Promise.all([
    x5c === false ? undefined : policy.certificateChain(candidates),
    kid === true ? jwkThumbprint(policy) : undefined,
  ]);
  const name = kid === true ? thumbprint : kid;
  return {
    ...(typeof name === "string" && { kid: name }),
    ...(chain && { x5c: chain.map(({ rawData }) => encodeBase64(new Uint8Array(rawData))) }),
    ...(x5t && { "x5t#S256": certificateThumbprint(der) }),
  };
}

/** `x5t#S256` of a certificate (RFC 7515, section 4.1.8). */
export function certificateThumbprint(der: Bytes): string {
  return createHash("sha256").update(der).digest("base64url");
}

/** Whether a header names a certificate. */
export function namesCertificate(header: Readonly<Record<string, unknown>>): boolean {
  return Object.hasOwn(header, "x5c") || Object.hasOwn(header, "x5t#S256");
}

/** The parameter of a header that names another certificate, if one does. */
export function foreignCertificateIn(
  header: Readonly<Record<string, unknown>>,
  certificate: Bytes,
): string | undefined {
  const { x5c, "x5t#S256": x5t } = header;
  const first: unknown = Array.isArray(x5c) ? x5c[0] : x5c;
  if (Object.hasOwn(header, "x5c") && first !== encodeBase64(certificate)) return "x5c";
  const isForeign = Object.hasOwn(header, "x5t#S256") && x5t !== certificateThumbprint(certificate);
  return isForeign ? "x5t#S256" : undefined;
}
