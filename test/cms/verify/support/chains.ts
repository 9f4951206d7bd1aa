import type { ReasonCode } from "../../../../src/cms/index.js";
import type { Purpose } from "../../../../src/cms/verify/path/purpose.js";
import type { CertificateShape, CrlShape } from "./write-certificate.js";
import { certificate, crl, extension, key, keyUsage, name, USAGE, years } from "./write-certificate.js";
import { der, explicit, integer, nothing, oid, sequence, text } from "./write-der.js";

/** Certificates with what is right to say of them. */
export interface Chain {
  /** The section of PKITS that it is made after, where there is one. */
  readonly title: string;
  readonly leaf: Buffer;
  readonly between: readonly Buffer[];
  readonly roots: readonly Buffer[];
  readonly crls?: readonly Buffer[];
  readonly requireRevocation?: boolean;
  readonly purpose?: Purpose;
  readonly verdict: "valid" | ReasonCode;
  /** Why `openssl verify` says something else, or cannot be asked. */
  readonly notByOpenssl?: string;
}

const ROOT = "O=Test,CN=Root";
const CA = "O=Test,CN=Sub CA";
const LEAF = "O=Test,CN=Signer";

const root = (shape: Partial<CertificateShape> = {}): Buffer =>
  certificate({ subject: ROOT, issuer: ROOT, ...shape });
const ca = (shape: Partial<CertificateShape> = {}): Buffer =>
  certificate({ subject: CA, issuer: ROOT, ...shape });
const leaf = (shape: Partial<CertificateShape> = {}): Buffer =>
  certificate({ subject: LEAF, issuer: CA, ca: undefined, ...shape });
const revocations = (shape: Partial<CrlShape> = {}): Buffer => crl({ issuer: CA, ...shape });

type Rest = Partial<Omit<Chain, "title" | "verdict">>;
function chain(title: string, verdict: Chain["verdict"], rest: Rest = {}): Chain {
  return { title, verdict, leaf: leaf(), between: [ca()], roots: [root()], ...rest };
}

const directory = (dn: string): Buffer => explicit(4, name(dn));
const dns = (value: string): Buffer => text(value, 0x82);
const email = (value: string): Buffer => text(value, 0x81);
const uri = (value: string): Buffer => text(value, 0x86);
const ip = (...bytes: readonly number[]): Buffer => der(0x87, Buffer.from(bytes));
const alternative = (...names: readonly Buffer[]): Buffer => extension("2.5.29.17", sequence(...names));
function constraints(permitted: readonly Buffer[], excluded: readonly Buffer[] = []): Buffer {
  const list = (number: number, bases: readonly Buffer[]): Buffer[] =>
    bases.length === 0 ? [] : [explicit(number, ...bases.map((base) => sequence(base)))];
  return extension("2.5.29.30", sequence(...list(0, permitted), ...list(1, excluded)), true);
}
const named = (...names: readonly Buffer[]): Buffer => leaf({ extensions: [alternative(...names)] });
const constrained = (permitted: readonly Buffer[], excluded: readonly Buffer[] = []): Buffer[] => [
  ca({ extensions: [constraints(permitted, excluded)] }),
];

const UNKNOWN = "1.3.6.1.4.1.99999.1";
const CODE = "1.3.6.1.5.5.7.3.3";
const EMAIL = "1.3.6.1.5.5.7.3.4";
const SERVER = "1.3.6.1.5.5.7.3.1";
const STAMP = "1.3.6.1.5.5.7.3.8";
const NO_CODE_SIGNING = "OpenSSL before 3.2 has no purpose for code signing";

const signatures: Chain[] = [
  chain("4.1.1 valid signatures", "valid"),
  chain("4.1.2 an authority's certificate with a wrong signature", "CHAIN_INCOMPLETE", {
    between: [ca({ spoilt: true })],
  }),
  chain("4.1.3 a signer's certificate with a wrong signature", "CHAIN_INCOMPLETE", {
    leaf: leaf({ spoilt: true }),
  }),
  chain("RSA and SHA-384", "valid", {
    leaf: leaf({ issuerKey: key("rsa", 2048), hash: "sha384" }),
    between: [ca({ key: key("rsa", 2048) })],
  }),
  chain("SHA-1 in the signature of an authority's certificate", "DIGEST_WEAK", {
    between: [ca({ hash: "sha1" })],
  }),
  chain("SHA-1 in the signature of a root, which nobody relies on", "valid", {
    roots: [root({ hash: "sha1" })],
  }),
  chain("an authority with an RSA key of 1024 bits", "KEY_UNSUITABLE", {
    leaf: leaf({ issuerKey: key("short", 1024) }),
    between: [ca({ key: key("short", 1024) })],
  }),
];

const validity: Chain[] = [
  chain("4.2.1 an authority that is not valid yet", "CERTIFICATE_NOT_YET_VALID", {
    between: [ca({ from: years(1) })],
  }),
  chain("4.2.2 a signer that is not valid yet", "CERTIFICATE_NOT_YET_VALID", {
    leaf: leaf({ from: years(1) }),
  }),
  chain("4.2.3 validity from the last century on", "valid", {
    leaf: leaf({ from: new Date("1950-06-01T00:00:00Z") }),
  }),
  chain("4.2.5 an authority that has expired", "CERTIFICATE_EXPIRED", { between: [ca({ to: years(-0.1) })] }),
  chain("4.2.6 a signer that has expired", "CERTIFICATE_EXPIRED", { leaf: leaf({ to: years(-0.1) }) }),
  chain("4.2.8 validity beyond 2050", "valid", { leaf: leaf({ to: new Date("2060-01-01T00:00:00Z") }) }),
  chain("a root that has expired", "CERTIFICATE_EXPIRED", { roots: [root({ to: years(-0.1) })] }),
];

const names: Chain[] = [
  chain("4.3.1 another issuer's name", "CHAIN_INCOMPLETE", {
    leaf: leaf({ issuer: "O=Test,CN=Other CA", issuerKey: key(CA) }),
  }),
  chain("4.3.2 the parts of a name in another order", "CHAIN_INCOMPLETE", {
    leaf: leaf({ issuer: "CN=Sub CA,O=Test", issuerKey: key(CA) }),
  }),
  chain("4.3.3 white space in names", "valid", {
    leaf: leaf({ issuer: "O=Test,CN=  Sub   CA ", issuerKey: key(CA) }),
  }),
  chain("4.3.5 capitals in names", "valid", {
    leaf: leaf({ issuer: "O=TEST,CN=sub ca", issuerKey: key(CA) }),
  }),
  chain("4.3.9 other types of string in names", "valid", {
    leaf: leaf({ issuer: "O:13=Test,CN:13=Sub CA", issuerKey: key(CA) }),
  }),
];

const rollover: Chain[] = [
  chain("4.5.1 an authority's old key vouches for its new one", "valid", {
    leaf: leaf({ issuerKey: key("new") }),
    between: [ca(), ca({ issuer: CA, key: key("new"), issuerKey: key(CA) })],
  }),
  chain("4.5.3 and the other way round", "valid", {
    between: [ca({ issuer: CA, issuerKey: key("new") }), ca({ key: key("new") })],
  }),
  chain("4.5.2 an old key without anybody who vouches for it", "CHAIN_INCOMPLETE", {
    between: [ca({ key: key("new") })],
  }),
];

const longer = (first: CertificateShape["ca"], second: Partial<CertificateShape> = {}): Rest => ({
  leaf: leaf({ issuer: "O=Test,CN=Lower CA" }),
  between: [ca({ ca: first }), certificate({ subject: "O=Test,CN=Lower CA", issuer: CA, ...second })],
});
const SELF: CertificateShape = { subject: CA, issuer: CA, key: key("new"), issuerKey: key(CA), ca: 0 };
const basic: Chain[] = [
  chain("4.6.1 an authority without basic constraints", "CHAIN_INVALID", {
    between: [ca({ ca: undefined, usage: [5] })],
  }),
  chain("4.6.2 one whose basic constraints say that it is none", "CHAIN_INVALID", {
    between: [ca({ ca: false, usage: [5] })],
  }),
  chain("4.6.5 more authorities than the path may have", "CHAIN_INVALID", longer(0)),
  chain("4.6.7 as many as it may have", "valid", { between: [ca({ ca: 0 })] }),
  chain("4.6.9 one more below one that allows one", "valid", longer(1)),
  chain("4.6.11 a root's limit", "CHAIN_INVALID", { roots: [root({ ca: 0 })] }),
  chain("4.6.15 an authority's certificate for itself does not count", "valid", {
    leaf: leaf({ issuerKey: key("new") }),
    between: [ca({ ca: 0 }), certificate(SELF)],
  }),
  chain("an old root of version 1", "valid", { roots: [root({ version: 1 })] }),
  chain("an authority of version 1", "CHAIN_INVALID", { between: [ca({ version: 1 })] }),
];

const usage: Chain[] = [
  chain("4.7.1 an authority that may not issue certificates", "CHAIN_INVALID", {
    between: [ca({ usage: [USAGE.cRLSign] })],
  }),
  chain("4.7.2 the same where that is not critical", "CHAIN_INVALID", {
    between: [ca({ usage: undefined, extensions: [keyUsage([USAGE.cRLSign], false)] })],
  }),
  chain("4.7.3 an authority without key usage", "valid", { between: [ca({ usage: undefined })] }),
  chain("a signer without key usage", "valid", { leaf: leaf({ usage: undefined }) }),
  chain("a signer for non-repudiation alone", "valid", { leaf: leaf({ usage: [USAGE.nonRepudiation] }) }),
  chain("a signer whose key is for encryption", "CHAIN_INVALID", {
    leaf: leaf({ usage: [USAGE.keyEncipherment] }),
    purpose: "emailProtection",
  }),
  chain("a signer for e-mail", "valid", { leaf: leaf({ purposes: [EMAIL] }), purpose: "emailProtection" }),
  chain("a server's certificate where one for e-mail is asked for", "CHAIN_INVALID", {
    leaf: leaf({ purposes: [SERVER] }),
    purpose: "emailProtection",
  }),
  chain("an authority for servers where e-mail is asked for", "CHAIN_INVALID", {
    between: [ca({ purposes: [SERVER] })],
    purpose: "emailProtection",
  }),
  chain("a signer of code", "valid", {
    leaf: leaf({ purposes: [CODE] }),
    purpose: "codeSigning",
    notByOpenssl: NO_CODE_SIGNING,
  }),
  chain("a signer of e-mail where one of code is asked for", "CHAIN_INVALID", {
    leaf: leaf({ purposes: [EMAIL] }),
    purpose: "codeSigning",
    notByOpenssl: NO_CODE_SIGNING,
  }),
  chain("an authority for timestamps", "valid", {
    leaf: leaf({ purposes: [STAMP], purposesCritical: true }),
    purpose: "timeStamping",
  }),
  chain("one whose purpose is not critical", "CHAIN_INVALID", {
    leaf: leaf({ purposes: [STAMP] }),
    purpose: "timeStamping",
  }),
  chain("one that has other purposes as well", "CHAIN_INVALID", {
    leaf: leaf({ purposes: [STAMP, EMAIL], purposesCritical: true }),
    purpose: "timeStamping",
  }),
  chain("one that names no purpose", "CHAIN_INVALID", { purpose: "timeStamping" }),
];

const requireExplicit = extension("2.5.29.36", sequence(der(0x80, Buffer.from([0]))), true);
const policies = (critical: boolean): Buffer =>
  extension("2.5.29.32", sequence(sequence(oid("2.16.840.1.101.3.2.1.48.1"))), critical);
const policy: Chain[] = [
  chain("4.8.1 policies where none is asked for", "valid", {
    leaf: leaf({ extensions: [policies(true)] }),
    between: [ca({ extensions: [policies(true)] })],
  }),
  chain("4.9.3 a path that needs a policy and has none", "CHAIN_INVALID", {
    between: [ca({ extensions: [requireExplicit] })],
    notByOpenssl: "it does not look at policies unless it is asked to",
  }),
];

const nameConstraints: Chain[] = [
  chain("4.13.1 a name within the permitted ones", "valid", { between: constrained([directory("O=Test")]) }),
  chain("4.13.2 a name that is not", "CHAIN_INVALID", { between: constrained([directory("O=Other")]) }),
  chain("4.13.5 one of several permitted ones", "valid", {
    between: constrained([directory("O=Other"), directory("O=Test")]),
  }),
  chain("4.13.6 a name within an excluded one", "CHAIN_INVALID", {
    between: constrained([], [directory("O=Test")]),
  }),
  chain("4.13.7 a name that is not", "valid", { between: constrained([], [directory("O=Other")]) }),
  chain("an excluded name in capitals", "CHAIN_INVALID", { between: constrained([], [directory("O=TEST")]) }),
  chain("4.13.13 constraints on what has no such name", "valid", {
    between: constrained([dns("example.test")]),
  }),
  chain("4.13.19 an authority's certificate for itself is exempt", "valid", {
    leaf: leaf({ subject: "O=Other,CN=Signer", issuerKey: key("new") }),
    between: [ca({ extensions: [constraints([directory("O=Other")])] }), certificate({ ...SELF, ca: true })],
  }),
  chain("4.13.21 an e-mail address within", "valid", {
    leaf: named(email("a@example.test")),
    between: constrained([email("example.test")]),
  }),
  chain("4.13.22 an e-mail address outside", "CHAIN_INVALID", {
    leaf: named(email("a@sub.example.test")),
    between: constrained([email("example.test")]),
  }),
  chain("4.13.27 an e-mail address in the subject", "CHAIN_INVALID", {
    leaf: leaf({ subject: "O=Test,E:16=a@other.test,CN=Signer" }),
    between: constrained([email("example.test")]),
  }),
  chain("4.13.30 a host within", "valid", {
    leaf: named(dns("a.example.test")),
    between: constrained([dns("example.test")]),
  }),
  chain("4.13.31 a host outside", "CHAIN_INVALID", {
    leaf: named(dns("badexample.test")),
    between: constrained([dns("example.test")]),
  }),
  chain("4.13.33 a host that is excluded", "CHAIN_INVALID", {
    leaf: named(dns("a.example.test")),
    between: constrained([], [dns("example.test")]),
  }),
  chain("4.13.34 a URI within", "valid", {
    leaf: named(uri("https://a.example.test/x")),
    between: constrained([uri(".example.test")]),
  }),
  chain("4.13.35 a URI outside", "CHAIN_INVALID", {
    leaf: named(uri("https://example.test/x")),
    between: constrained([uri(".example.test")]),
  }),
  chain("an address within", "valid", {
    leaf: named(ip(10, 1, 2, 3)),
    between: constrained([ip(10, 0, 0, 0, 255, 0, 0, 0)]),
  }),
  chain("an address outside", "CHAIN_INVALID", {
    leaf: named(ip(11, 1, 2, 3)),
    between: constrained([ip(10, 0, 0, 0, 255, 0, 0, 0)]),
  }),
  chain("constraints of a root", "CHAIN_INVALID", {
    roots: [root({ extensions: [constraints([directory("O=Other")])] })],
  }),
];

const extensions: Chain[] = [
  chain("4.16.1 an unknown extension that is not critical", "valid", {
    leaf: leaf({ extensions: [extension(UNKNOWN, nothing)] }),
  }),
  chain("4.16.2 an unknown critical extension", "CHAIN_INVALID", {
    leaf: leaf({ extensions: [extension(UNKNOWN, nothing, true)] }),
  }),
  chain("an unknown critical extension of an authority", "CHAIN_INVALID", {
    between: [ca({ extensions: [extension(UNKNOWN, nothing, true)] })],
  }),
];

const OTHER_ROOT = "O=Other,CN=Root";
const cross = (shape: Partial<CertificateShape> = {}): Buffer =>
  certificate({ subject: CA, issuer: OTHER_ROOT, ...shape });
const otherRoot = (): Buffer => certificate({ subject: OTHER_ROOT, issuer: OTHER_ROOT });
const NO_WAY_BACK = "it takes the first issuer that it finds, and tries no other";
const SELF_SIGNED = certificate({ subject: LEAF, issuer: LEAF, ca: undefined });
const A = "CN=A";
const B = "CN=B";
const building: Chain[] = [
  chain("another root", "CHAIN_INCOMPLETE", { roots: [otherRoot()] }),
  chain("no authority in between", "CHAIN_INCOMPLETE", { between: [] }),
  chain("a self-signed signer that is trusted itself", "valid", {
    leaf: SELF_SIGNED,
    between: [],
    roots: [SELF_SIGNED],
  }),
  chain("a self-signed signer that is not", "CHAIN_INCOMPLETE", {
    leaf: SELF_SIGNED,
  }),
  chain("a trusted authority that is not self-signed", "valid", {
    between: [],
    roots: [ca()],
    notByOpenssl: "it asks for a self-signed one unless it is told -partial_chain",
  }),
  chain("two certificates of one authority, of which one has expired", "valid", {
    between: [ca({ to: years(-0.1) }), ca()],
  }),
  chain("two authorities of one name with different keys", "valid", {
    between: [ca({ key: key("stranger"), keyIds: false }), ca()],
    leaf: leaf({ keyIds: false }),
    notByOpenssl: "it takes the first one of the name where no key identifier tells it another",
  }),
  chain("a cross certificate to a root that is not trusted", "valid", {
    between: [cross(), otherRoot(), ca()],
    notByOpenssl: NO_WAY_BACK,
  }),
  chain("a cross certificate that leads to the only trusted root", "valid", {
    roots: [otherRoot()],
    between: [ca(), cross()],
    notByOpenssl: NO_WAY_BACK,
  }),
  chain("authorities that have issued each other", "CHAIN_INCOMPLETE", {
    leaf: leaf({ issuer: A }),
    between: [certificate({ subject: A, issuer: B }), certificate({ subject: B, issuer: A })],
  }),
];

const LEAF_SERIAL = integer(77);
const CA_SERIAL = integer(78);
const revocable = (shape: Partial<Chain> = {}): Rest => ({
  leaf: leaf({ serial: LEAF_SERIAL }),
  between: [ca({ serial: CA_SERIAL })],
  requireRevocation: true,
  ...shape,
});
const rootCrl = (shape: Partial<CrlShape> = {}): Buffer => revocations({ issuer: ROOT, ...shape });
const NEGATIVE = der(0x02, Buffer.from([0xff]));
const LONG = der(0x02, Buffer.alloc(20, 0x11));
const userCertificates = (onlyUsers: boolean): Buffer =>
  extension("2.5.29.28", sequence(der(onlyUsers ? 0x81 : 0x82, Buffer.from([0xff]))), true);
const revocation: Chain[] = [
  chain("good by CRLs", "valid", revocable({ crls: [rootCrl(), revocations()] })),
  chain("4.4.1 no CRL of an authority", "REVOCATION_UNKNOWN", revocable({ crls: [rootCrl()] })),
  chain(
    "4.4.2 an authority that was revoked",
    "CERTIFICATE_REVOKED",
    revocable({ crls: [rootCrl({ revoked: [{ serial: CA_SERIAL }] }), revocations()] }),
  ),
  chain(
    "4.4.3 a signer that was revoked",
    "CERTIFICATE_REVOKED",
    revocable({ crls: [rootCrl(), revocations({ revoked: [{ serial: LEAF_SERIAL }] })] }),
  ),
  chain(
    "a signer that was put on hold",
    "CERTIFICATE_REVOKED",
    revocable({
      crls: [
        rootCrl(),
        revocations({
          revoked: [
            { serial: LEAF_SERIAL, extensions: [extension("2.5.29.21", der(0x0a, Buffer.from([6])))] },
          ],
        }),
      ],
    }),
  ),
  chain(
    "4.4.4 a CRL with a wrong signature",
    "REVOCATION_UNKNOWN",
    revocable({ crls: [rootCrl(), revocations({ spoilt: true })] }),
  ),
  chain(
    "4.4.5 a CRL of another name",
    "REVOCATION_UNKNOWN",
    revocable({ crls: [rootCrl(), crl({ issuer: "O=Test,CN=Other CA", issuerKey: key(CA) })] }),
  ),
  chain(
    "4.4.8 an unknown critical extension of an entry",
    "CERTIFICATE_REVOKED",
    revocable({
      crls: [
        rootCrl(),
        revocations({ revoked: [{ serial: LEAF_SERIAL, extensions: [extension(UNKNOWN, nothing, true)] }] }),
      ],
    }),
  ),
  chain(
    "4.4.9 an unknown critical extension of a CRL",
    "REVOCATION_UNKNOWN",
    revocable({
      crls: [rootCrl(), revocations({ extensions: [extension(UNKNOWN, nothing, true)] })],
    }),
  ),
  chain(
    "4.4.11 a CRL that was to be replaced",
    "REVOCATION_UNKNOWN",
    revocable({ crls: [rootCrl(), revocations({ to: years(-0.01) })] }),
  ),
  chain(
    "4.4.14 a negative serial number",
    "CERTIFICATE_REVOKED",
    revocable({
      leaf: leaf({ serial: NEGATIVE }),
      crls: [rootCrl(), revocations({ revoked: [{ serial: NEGATIVE }] })],
    }),
  ),
  chain(
    "a positive serial number with the same end as a negative one",
    "valid",
    revocable({
      leaf: leaf({ serial: integer(255) }),
      crls: [rootCrl(), revocations({ revoked: [{ serial: NEGATIVE }] })],
    }),
  ),
  chain(
    "4.4.17 a long serial number",
    "CERTIFICATE_REVOKED",
    revocable({
      leaf: leaf({ serial: LONG }),
      crls: [rootCrl(), revocations({ revoked: [{ serial: LONG }] })],
    }),
  ),
  chain(
    "4.7.4 an authority that may not sign CRLs",
    "REVOCATION_UNKNOWN",
    revocable({
      between: [ca({ serial: CA_SERIAL, usage: [USAGE.keyCertSign] })],
      crls: [rootCrl(), revocations()],
    }),
  ),
  chain(
    "4.14.9 a CRL for users",
    "valid",
    revocable({ crls: [rootCrl(), revocations({ extensions: [userCertificates(true)] })] }),
  ),
  chain(
    "4.14.10 a CRL for authorities does not speak of a signer",
    "REVOCATION_UNKNOWN",
    revocable({
      crls: [rootCrl(), revocations({ extensions: [userCertificates(false)] })],
    }),
  ),
  chain(
    "a delta CRL alone",
    "REVOCATION_UNKNOWN",
    revocable({
      crls: [rootCrl(), revocations({ extensions: [extension("2.5.29.27", integer(1), true)] })],
      notByOpenssl: "it takes it for a whole one",
    }),
  ),
  chain(
    "a revocation that came later",
    "valid",
    revocable({
      crls: [
        rootCrl(),
        revocations({ from: years(0.05), revoked: [{ serial: LEAF_SERIAL, date: years(0.02) }] }),
      ],
      notByOpenssl: "it does not take a CRL that is younger than the time that it verifies at",
    }),
  ),
  chain(
    "a key that was lost before, as was said later",
    "CERTIFICATE_REVOKED",
    revocable({
      crls: [
        rootCrl(),
        revocations({
          from: years(0.05),
          revoked: [
            {
              serial: LEAF_SERIAL,
              date: years(0.02),
              extensions: [extension("2.5.29.24", text("20260101000000Z", 0x18))],
            },
          ],
        }),
      ],
      notByOpenssl: "it does not take a CRL that is younger than the time that it verifies at",
    }),
  ),
  ...[
    ["whose key was lost, as was said later", 1, "CERTIFICATE_REVOKED"],
    ["that ceased to work later", 5, "valid"],
  ].map(([what, reason, verdict]) =>
    chain(
      `an authority for timestamps ${what}`,
      verdict as Chain["verdict"],
      revocable({
        leaf: leaf({ serial: LEAF_SERIAL, purposes: [STAMP], purposesCritical: true }),
        purpose: "timeStamping",
        crls: [
          rootCrl(),
          revocations({
            from: years(0.05),
            revoked: [
              {
                serial: LEAF_SERIAL,
                date: years(0.02),
                extensions: [extension("2.5.29.21", der(0x0a, Buffer.from([Number(reason)])))],
              },
            ],
          }),
        ],
        notByOpenssl: "it does not take a CRL that is younger than the time that it verifies at",
      }),
    ),
  ),
  chain("no CRL where none is asked for", "valid"),
];

export const CHAINS: readonly Chain[] = [
  ...signatures,
  ...validity,
  ...names,
  ...rollover,
  ...basic,
  ...usage,
  ...policy,
  ...nameConstraints,
  ...extensions,
  ...building,
  ...revocation,
];
