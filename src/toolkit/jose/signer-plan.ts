import type { JoseAlgorithm, JoseAlgorithmName } from "../../adapter/algorithms.js";
import { quote, refused } from "../../adapter/refusal.js";
import type { Bytes } from "../../base/bytes.js";
import type { SigningPolicy } from "../../policy/signing-policy.js";
import { algorithmOf } from "./algorithm.js";
import type { KeyParameterChoices } from "./certificate-parameters.js";
import { foreignCertificateIn, keyParameters, namesCertificate } from "./certificate-parameters.js";
import type { JoseHeader } from "./header.js";
import { encodeHeader, protectedHeader, readParameters } from "./header.js";
import { isPublicKeyOf } from "./jwk.js";

/** How one signer signs. */
export interface JwsSigner extends KeyParameterChoices {
  /** Whose key signs. */
  readonly policy: SigningPolicy;
  /** Default: the header's; else RS256 for an RSA key, and ES256, ES384 or ES512 as the curve says. */
  readonly alg?: JoseAlgorithmName | undefined;
  /** More parameters that are signed: `typ`, `cty`, those of your own, and `crit` for those of them that must be understood. */
  readonly header?: JoseHeader | undefined;
  /** Parameters that are not signed; not in the compact serialization. */
  readonly unprotectedHeader?: JoseHeader | undefined;
}

/** A signer with all that has been checked of it. */
export interface SignerPlan {
  readonly policy: SigningPolicy;
  readonly algorithm: JoseAlgorithm;
  readonly encodedHeader: string;
  readonly unprotected: JoseHeader | undefined;
  /** The certificate that the header names, itself or its key, if it does. */
  readonly named: Bytes | undefined;
}

/**
 * Checks how a signer signs, and makes its protected header. Nothing is sent.
 *
 * @throws {SignPathError} `CONFIG_INVALID`, `ALGORITHM_NOT_SUPPORTED`, `POLICY_UNUSABLE`
 */
export async function planOf(signer: JwsSigner, b64: boolean): Promise<SignerPlan> {
  const { policy, kid, x5c, "x5t#S256": x5t } = signer;
  const { alg: inHeader, ...given } = readParameters("header", signer.header);
  const unprotected = unprotectedOf(signer.unprotectedHeader);
  if (inHeader !== undefined && signer.alg !== undefined && inHeader !== signer.alg)
    throw refused(`alg is ${quote(signer.alg)}, and ${quote(inHeader)} in the header: say it once`);
  const algorithm = algorithmOf(policy, signer.alg ?? (inHeader as string | undefined));
  const before = policy.certificateDer;
  const parameters = await keyParameters(policy, { kid, x5c, "x5t#S256": x5t });
  const json = protectedHeader({ algorithm, given, parameters, b64 });
  const signed = JSON.parse(json) as JoseHeader;
  requireDisjoint(signed, unprotected);
  const whole = { ...signed, ...unprotected };
  const foreign = foreignCertificateIn(whole, before);
  if (foreign !== undefined)
    throw refused(
      `${foreign} is not the certificate of signing policy ${policy.reference}: the option ${foreign} gives it`,
    );
  const namesKey = Object.hasOwn(whole, "jwk");
  if (namesKey && !(await isPublicKeyOf(policy, whole["jwk"])))
    throw refused(`jwk is not the public key of signing policy ${policy.reference}: jwks(policy) has it`);
  return {
    policy,
    algorithm,
    encodedHeader: encodeHeader(json),
    unprotected,
    named: kid === true || namesKey || namesCertificate(whole) ? before : undefined,
  };
}

function unprotectedOf(header: JoseHeader | undefined): JoseHeader | undefined {
  if (header === undefined) return undefined;
  const given = readParameters("unprotectedHeader", header);
  if (Object.hasOwn(given, "crit"))
    throw refused(
      "crit must be signed (RFC 7515, section 4.1.11): it is for header, not for unprotectedHeader",
    );
  return Object.keys(given).length === 0 ? undefined : given;
}

/** The names of both headers are different ones (RFC 7515, section 4). */
function requireDisjoint(signed: JoseHeader, unprotected: JoseHeader = {}): void {
  const twice = Object.keys(unprotected).find((name) => Object.hasOwn(signed, name));
  if (twice !== undefined) throw refused(`${quote(twice)} is in the protected header already`);
}
