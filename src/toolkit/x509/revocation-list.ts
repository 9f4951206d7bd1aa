import type { Extension, X509Crl, X509CrlReason } from "@peculiar/x509";
import type { SignerChoice } from "../../adapter/choice.js";
import { requireOptions } from "../../base/options.js";
import { encode, TAGS } from "../../cms/asn1/der.js";
import type { CertificateInput } from "../../policy/chain.js";
import { requireReason } from "./revocation-reason.js";
import { certificateFor, documentSigner, eachOnce, refused, toSecond, withOneKey, x509 } from "./signer.js";

/** A certificate that is revoked. */
export interface RevokedCertificate {
  /** In hexadecimal. */
  readonly serialNumber: string;
  /** Default: now. */
  readonly revocationDate?: Date | undefined;
  /** `X509CrlReason` of @peculiar/x509 (RFC 5280, section 5.3.1). */
  readonly reason?: X509CrlReason | undefined;
  /** Since when the key may have been known to others (RFC 5280, section 5.3.2). */
  readonly invalidity?: Date | undefined;
}

/** A certificate revocation list of a policy as a certification authority. */
export interface RevocationListOptions extends SignerChoice {
  /** The authority's certificate, for the policy's key. Default: the policy's own. */
  readonly issuer?: CertificateInput | undefined;
  /** The certificates that are revoked. Default: none. */
  readonly revoked?: Iterable<RevokedCertificate> | undefined;
  /** Default: now. */
  readonly thisUpdate?: Date | undefined;
  /** When there will be another one. */
  readonly nextUpdate: Date;
  /** Counts the lists of the authority (RFC 5280, section 5.2.3), at most 20 bytes. */
  readonly number: number | bigint;
  /** More extensions, of @peculiar/x509. */
  readonly extensions?: Iterable<Extension> | undefined;
}

const CRL_NUMBER = "2.5.29.20";

/**
 * A certificate revocation list (RFC 5280, section 5).
 *
 * @returns the list; `toString("pem")` writes it
 * @throws {SignPathError} `CONFIG_INVALID` for what the list cannot hold, and those of `createCertificateRequest`
 */
export async function createRevocationList(options: RevocationListOptions): Promise<X509Crl> {
  requireOptions(options);
  const { revoked = [], extensions = [] } = options;
  const thisUpdate = toSecond(options.thisUpdate ?? new Date(), "thisUpdate");
  const nextUpdate = toSecond(options.nextUpdate, "nextUpdate");
  if (!(nextUpdate.getTime() > thisUpdate.getTime()))
    throw refused("nextUpdate must be a date after thisUpdate");
  const entries = [...revoked].map((entry) => entryOf(entry));
  const serialNumbers = new Set(entries.map(({ serialNumber }) => BigInt(`0x${serialNumber}`)));
  if (serialNumbers.size < entries.length) throw refused("a serial number is revoked twice");
  const numberExtension = new x509.Extension(CRL_NUMBER, false, integer(options.number));
  return withOneKey(options, async () => {
    const issuer = new x509.X509Certificate(certificateFor(options, options.issuer));
    const usage = issuer.getExtension(x509.KeyUsagesExtension);
    if (usage !== null && (usage.usages & x509.KeyUsageFlags.cRLSign) === 0)
      throw refused(`the certificate of ${issuer.subject} is not for signing revocation lists (key usage)`);
    const { privateKey, signingAlgorithm, crypto } = await documentSigner(options);
    const keyId = issuer.getExtension(x509.SubjectKeyIdentifierExtension)?.keyId;
    const authority =
      keyId === undefined
        ? await x509.AuthorityKeyIdentifierExtension.create(issuer.publicKey, false, crypto)
        : new x509.AuthorityKeyIdentifierExtension(keyId);
    return x509.X509CrlGenerator.create(
      {
        issuer: issuer.subjectName,
        thisUpdate,
        nextUpdate,
        entries,
        extensions: eachOnce([authority, numberExtension, ...extensions]),
        signingKey: privateKey,
        signingAlgorithm,
      },
      crypto,
    );
  });
}

function entryOf({ serialNumber, revocationDate = new Date(), reason, invalidity }: RevokedCertificate) {
  if (!/^[0-9a-f]{1,40}$/i.test(serialNumber))
    throw refused(`${JSON.stringify(serialNumber)} is no serial number: from 1 to 20 bytes in hexadecimal`);
  requireReason(reason);
  return {
    serialNumber: serialNumber.length % 2 === 0 ? serialNumber : `0${serialNumber}`,
    revocationDate: toSecond(revocationDate, "revocationDate"),
    ...(reason !== undefined && { reason }),
    ...(invalidity !== undefined && { invalidity: toSecond(invalidity, "invalidity") }),
  };
}

/** A non-negative INTEGER as DER. */
function integer(value: number | bigint): Uint8Array<ArrayBuffer> {
  if ((typeof value !== "bigint" && !Number.isSafeInteger(value)) || value < 0)
    throw refused("number must be a whole number from 0 on");
  const hex = value.toString(16);
  const digits = Buffer.from(hex.length % 2 === 0 ? hex : `0${hex}`, "hex");
  const bytes = (digits[0] ?? 0) >= 0x80 ? Buffer.concat([Uint8Array.of(0), digits]) : digits;
  if (bytes.length > 20) throw refused("number must have at most 20 bytes (RFC 5280, section 5.2.3)");
  return encode(TAGS.integer, bytes);
}
