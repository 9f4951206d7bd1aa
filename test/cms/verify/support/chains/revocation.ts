import type { CrlShape } from "../write-certificate.js";
import { crl, extension, key, USAGE, years } from "../write-certificate.js";
import { der, integer, nothing, sequence, text } from "../write-der.js";
import type { Chain, Rest } from "./shape.js";
import { CA, ca, chain, leaf, ROOT, revocations, STAMP, UNKNOWN } from "./shape.js";

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
export const revocation: readonly Chain[] = [
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
  ...[
    ["that was to be replaced, but has revoked it", years(-0.01)],
    ["that does not say until when it is good, but has revoked it", null],
  ].map(([what, to]) =>
    chain(
      `a signer by a CRL ${String(what)}`,
      "CERTIFICATE_REVOKED",
      revocable({
        requireRevocation: false,
        crls: [revocations({ to: to as Date | null, revoked: [{ serial: LEAF_SERIAL }] })],
        notByOpenssl: "it looks at no CRL where none is asked for",
      }),
    ),
  ),
  chain(
    "a signer that was put on hold, by a CRL that was to be replaced",
    "valid",
    revocable({
      requireRevocation: false,
      crls: [
        revocations({
          to: years(-0.01),
          revoked: [
            { serial: LEAF_SERIAL, extensions: [extension("2.5.29.21", der(0x0a, Buffer.from([6])))] },
          ],
        }),
      ],
    }),
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
  ...([undefined, 1, 8] as const).map((reason) =>
    chain(
      `4.15.4 a delta CRL beside a whole one, with an entry of reason ${reason ?? "none"}`,
      reason === 8 ? "valid" : "CERTIFICATE_REVOKED",
      revocable({
        crls: [
          rootCrl(),
          revocations(),
          revocations({
            extensions: [extension("2.5.29.27", integer(1), true)],
            revoked: [
              {
                serial: LEAF_SERIAL,
                extensions:
                  reason === undefined ? [] : [extension("2.5.29.21", der(0x0a, Buffer.from([reason])))],
              },
            ],
          }),
        ],
        notByOpenssl: "it takes a delta CRL only where it is asked to",
      }),
    ),
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
