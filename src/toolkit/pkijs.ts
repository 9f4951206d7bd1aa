import * as ownPkijs from "pkijs";
import { SignPathError } from "../base/errors.js";
import type { PkijsModule } from "../cms/engine.js";
import { makeEngine } from "../cms/engine.js";
import type { SigningPolicy } from "../policy/signing-policy.js";

export type { PkijsModule } from "../cms/engine.js";

/**
 * A pkijs engine to give to each call that signs, so that unmodified pkijs signs through SignPath:
 *
 * ```ts
 * const engine = createEngine(pkijs);
 * await signedData.sign(policy.privateKey(algorithm), 0, "SHA-256", content, engine);
 * await request.sign(key, "SHA-256", engine); // CertificationRequest, Certificate, CertificateRevocationList
 * ```
 *
 * Keys that are not in SignPath work as with pkijs's own engine. RSA PKCS#1 v1.5 signatures get the NULL parameters of
 * RFC 4055. With a key in SignPath, name its hash in the call: another one, or pkijs's default of SHA-1, is refused with
 * `ALGORITHM_NOT_SUPPORTED`.
 *
 * @param pkijs - your copy of pkijs, 3.4 or 4; left out, this package's own, which is yours only where npm has
 * deduplicated them
 * @returns the engine, an instance of the `CryptoEngine` of that pkijs
 */
export function createEngine(): ownPkijs.CryptoEngine;
export function createEngine<Module extends PkijsModule>(pkijs: Module): InstanceType<Module["CryptoEngine"]>;
export function createEngine(pkijs: PkijsModule = ownPkijs): object {
  return makeEngine(pkijs);
}

/**
 * The policy's certificate as a `Certificate` of pkijs.
 *
 * @param pkijs - your copy of pkijs; see {@link createEngine}
 * @returns the certificate, a new object at each call
 * @throws {SignPathError} `POLICY_UNUSABLE`
 */
export function policyCertificate(policy: SigningPolicy): ownPkijs.Certificate;
export function policyCertificate<Module extends PkijsModule>(
  policy: SigningPolicy,
  pkijs: Module,
): InstanceType<Module["Certificate"]>;
export function policyCertificate(policy: SigningPolicy, pkijs: PkijsModule = ownPkijs): object {
  const der = policy.certificateDer;
  try {
    return pkijs.Certificate.fromBER(der.buffer);
  } catch (cause) {
    // OpenSSL, which has read it before, takes more than pkijs.
    const message = `signing policy ${policy.reference} cannot be used: pkijs cannot read its certificate`;
    throw new SignPathError("POLICY_UNUSABLE", message, { stage: "policy", cause });
  }
}
