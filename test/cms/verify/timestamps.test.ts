import { expect, it } from "vitest";
import type { CmsVerification, VerifyCmsOptions } from "../../../src/cms/index.js";
import { CmsVerificationError, verifyCms } from "../../../src/cms/index.js";
import { essCertificate } from "./support/hand-made.js";
import type { CertificateShape } from "./support/write-certificate.js";
import { certificate, crl, key, NOW, name, years } from "./support/write-certificate.js";
import {
  algorithm,
  attribute,
  contentType,
  digest,
  ID,
  messageDigest,
  SERIAL,
  signedData,
  signerInfo,
} from "./support/write-cms.js";
import { boolean, der, integer, octets, oid, sequence, text } from "./support/write-der.js";

const TST_INFO = "1.2.840.113549.1.9.16.1.4";
const STAMP = "1.2.840.113549.1.9.16.2.14";
const TIME_STAMPING = "1.3.6.1.5.5.7.3.8";
const AUTHORITY = "CN=Authority";
const AUTHORITY_SERIAL = integer(60);

const root = (subject: string): Buffer => certificate({ subject, issuer: subject, from: years(-5) });
const [ROOT, STAMP_ROOT] = [root("CN=Root"), root("CN=Stamp root")];
/** A signer whose certificate has expired, so that it takes a timestamp to make the signature good. */
const EXPIRED = certificate({
  ...{ subject: "CN=Signer", issuer: "CN=Root", ca: undefined, serial: SERIAL },
  ...{ from: years(-3), to: years(-0.1) },
});
const SIGNER_INFO = signerInfo();
// The last field of a SignerInfo without unsigned attributes.
const SIGNATURE = SIGNER_INFO.subarray(SIGNER_INFO.lastIndexOf(oid(ID.ecdsaSha256)) + 12);

const authority = (shape: Partial<CertificateShape> = {}): Buffer =>
  certificate({
    ...{ subject: AUTHORITY, issuer: "CN=Stamp root", ca: undefined, serial: AUTHORITY_SERIAL },
    ...{ from: years(-4), purposes: [TIME_STAMPING], purposesCritical: true },
    ...shape,
  });

interface TokenShape {
  readonly over?: Uint8Array;
  readonly time?: Date;
  readonly own?: Buffer;
  readonly issuer?: string;
  readonly isNamed?: boolean;
  readonly withCertificate?: boolean;
  /** Fields at the end of TSTInfo. */
  readonly more?: readonly Buffer[];
}

function token(shape: TokenShape = {}): Buffer {
  const { over = SIGNATURE, time = years(-1), own = authority(), more = [] } = shape;
  const { issuer = "CN=Stamp root", isNamed = true, withCertificate = true } = shape;
  const said = text(time.toISOString().replace(/[-:T]|\.\d+/g, ""), 0x18);
  const imprint = sequence(algorithm(ID.sha256), octets(digest(over)));
  const info = sequence(integer(1), oid("1.2.3"), imprint, integer(5), said, ...more);
  const signer = signerInfo({
    key: key(AUTHORITY),
    sid: sequence(name(issuer), AUTHORITY_SERIAL),
    attributes: [
      contentType(TST_INFO),
      messageDigest(info),
      ...(isNamed ? [essCertificate(digest(own))] : []),
    ],
  });
  return signedData({
    ...{ version: 3, contentType: TST_INFO, content: octets(info), signers: [signer] },
    certificates: withCertificate ? [own] : [],
  });
}

/** What is said of a signature with this token. */
async function judge(stamp: Buffer, options: Partial<VerifyCmsOptions> = {}): Promise<CmsVerification> {
  const unsigned = der(0xa1, attribute(STAMP, stamp));
  const fields = SIGNER_INFO.subarray(SIGNER_INFO[1] === 0x81 ? 3 : 4);
  const cms = signedData({ certificates: [EXPIRED], signers: [sequence(fields, unsigned)] });
  const rules = { roots: [ROOT], timestampRoots: [STAMP_ROOT], at: NOW, ...options };
  return verifyCms(cms, rules).catch((error: unknown) => {
    if (error instanceof CmsVerificationError && error.verification) return error.verification;
    throw error;
  });
}

const ROOT_CRL = crl({ issuer: "CN=Root" });
const STAMP_CRL = crl({ issuer: "CN=Stamp root" });
const critical = der(0xa1, sequence(oid("1.2.3"), boolean(true), octets(Buffer.from("x"))));
const harmless = der(0xa1, sequence(oid("1.2.3"), octets(Buffer.from("x"))));
const selfSigned = authority({ issuer: AUTHORITY });
const untrusted = authority({ issuerKey: key("another") });

it.each<[string, Buffer, Partial<VerifyCmsOptions>?]>([
  ["is the authority's", token()],
  ["has an extension that is not critical", token({ more: [harmless] })],
  [
    "is by a root that is not in it",
    token({ own: selfSigned, issuer: AUTHORITY, withCertificate: false }),
    { timestampRoots: [selfSigned] },
  ],
  ["CRLs vouch for", token(), { requireRevocation: true, crls: [ROOT_CRL, STAMP_CRL] }],
])("a signature is good beyond its certificate with a timestamp that %s", async (_what, stamp, options) => {
  const { signers } = await judge(stamp, options);
  expect(signers).toMatchObject([{ verified: true, verifiedAt: years(-1), timestamp: { reasons: [] } }]);
});

it.each<[string, string, Buffer, Partial<VerifyCmsOptions>?]>([
  ["is over something else", "DIGEST_MISMATCH", token({ over: Buffer.from("something else") })],
  ["is still to come", "TIMESTAMP_INVALID", token({ time: new Date(Date.now() + 3_600_000) })],
  ["does not name its signer's certificate", "ATTRIBUTES_INVALID", token({ isNamed: false })],
  ["has a critical extension", "MALFORMED", token({ more: [critical] })],
  ["an authority made that is not trusted", "CHAIN_INCOMPLETE", token({ own: untrusted })],
  [
    "is from when the authority had expired",
    "CERTIFICATE_EXPIRED",
    token({ own: authority({ to: years(-2) }) }),
  ],
  [
    "is by a key for other things too",
    "CHAIN_INVALID",
    token({ own: authority({ purposesCritical: false }) }),
  ],
  [
    "no CRL vouches for, where they must",
    "REVOCATION_UNKNOWN",
    token(),
    { requireRevocation: true, crls: [ROOT_CRL] },
  ],
])("a signature is none the better for a timestamp that %s", async (_what, code, stamp, options) => {
  const [signer] = (await judge(stamp, options)).signers;
  expect(signer).toMatchObject({ verified: false, verifiedAt: NOW, timestamp: { verified: false } });
  expect(signer?.reasons.map((reason) => reason.code)).toContain("CERTIFICATE_EXPIRED");
  expect(signer?.timestamp?.reasons.map((reason) => reason.code)).toContain(code);
});
