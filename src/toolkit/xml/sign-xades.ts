import { refused } from "../../adapter/refusal.js";
import { requireOptions } from "../../base/options.js";
import type { SignXmlOptions } from "./options.js";
import { makeSignature } from "./signature.js";
import type { SignedXmlParts } from "./toolkit.js";

/** Where it was signed, as far as the signer says so. */
export interface ProductionPlace {
  readonly city?: string | undefined;
  readonly state?: string | undefined;
  readonly postalCode?: string | undefined;
  readonly country?: string | undefined;
}

/** Options of `signXades`. */
export interface SignXadesOptions extends SignXmlOptions {
  /**
   * How the signature names its certificate: `SigningCertificateV2` (EN 319 132-1) with `"v2"`, `SigningCertificate` of older
   * XAdES (TS 101 903), with issuer and serial number, with `"v1"`. Default: `"v2"`.
   */
  readonly signingCertificate?: "v1" | "v2" | undefined;
  /** What the signer says that the time is. Default: now. */
  readonly signingTime?: Date | undefined;
  /** Where it was signed, as the signer says. */
  readonly productionPlace?: ProductionPlace | undefined;
  /** Roles that the signer claims to have. */
  readonly claimedRoles?: Iterable<string> | undefined;
}

const SIGNED_PROPERTIES = "http://uri.etsi.org/01903#SignedProperties";

/**
 * Signs XML as XAdES-BES by xadesjs, all as `signXml` does. Beside the `references` the certificate, the time, place and
 * roles are signed: by the digest of `SignedProperties`, which is added to them.
 *
 * ```ts
 * const signed = await signXades(invoice, { policy, toolkit: xadesjs, claimedRoles: ["supplier"] });
 * ```
 *
 * @param xml - the document, text or a DOM document; `undefined` signs the `objects` alone
 * @returns the document with the signature in it, or the signature
 * @throws {SignPathError} as `signXml`
 * @throws {TypeError} as `signXml`
 */
export async function signXades(
  xml: string | Document | undefined,
  options: SignXadesOptions,
): Promise<string> {
  requireOptions(options);
  const {
    toolkit,
    hash,
    signingCertificate = "v2",
    signingTime = new Date(),
    productionPlace,
    claimedRoles,
  } = options;
  if (signingCertificate !== "v1" && signingCertificate !== "v2")
    throw refused("signingCertificate is v1 or v2");
  if (!(signingTime instanceof Date) || Number.isNaN(signingTime.getTime()))
    throw refused("signingTime must be a date");
  if (typeof claimedRoles === "string") throw refused("claimedRoles is a list of texts");
  const toolkitOptions = (certificate: string): object => {
    const named = { certificate, digestAlgorithm: hash ?? "SHA-256" };
    const { city, state, postalCode: code, country } = productionPlace ?? {};
    return {
      signingTime: { value: signingTime },
      ...(signingCertificate === "v1" ? { signingCertificate: named } : { signingCertificateV2: named }),
      ...(productionPlace && { productionPlace: { city, state, code, country } }),
      ...(claimedRoles && { signerRole: { claimed: [...claimedRoles] } }),
    };
  };
  if (!("xml" in toolkit)) throw refused("the toolkit of signXades is xadesjs");
  return makeSignature(xml, options, { toolkitOptions, prepare });
}

/** By default Canonical XML, which what stands around the signature would change. */
function prepare(signed: SignedXmlParts): void {
  const { References } = signed.XmlSignature.SignedInfo;
  for (let index = 0; index < References.Count; index += 1) {
    const reference = References.Item(index);
    if (reference?.Type === SIGNED_PROPERTIES) reference.Transforms.Add(signed.ResolveTransform("exc-c14n"));
  }
}
