import type { KeyObject } from "node:crypto";
import { createHash, generateKeyPairSync, sign } from "node:crypto";
import {
  bits,
  boolean,
  der,
  explicit,
  integer,
  nothing,
  octets,
  oid,
  sequence,
  set,
  text,
  time,
} from "./write-der.js";

/** The names of distinguished names' attributes. */
const ATTRIBUTE = {
  C: "2.5.4.6",
  O: "2.5.4.10",
  OU: "2.5.4.11",
  CN: "2.5.4.3",
  E: "1.2.840.113549.1.9.1",
} as const;
type AttributeName = keyof typeof ATTRIBUTE;

/** `O=Org,CN=Name`, outermost first; a string type may follow: `CN:13=Name`. */
export function name(dn: string): Buffer {
  const parts = dn === "" ? [] : dn.split(",");
  return sequence(
    ...parts.map((part) => {
      const [type = "", value = ""] = part.split("=");
      const [attribute = "", tag] = type.split(":");
      const oidOf = ATTRIBUTE[attribute as AttributeName];
      return set(sequence(oid(oidOf), text(value, tag === undefined ? 0x0c : Number.parseInt(tag, 16))));
    }),
  );
}

export interface KeyPair {
  readonly publicKey: KeyObject;
  readonly privateKey: KeyObject;
}

const keys = new Map<string, KeyPair>();

/** A key on P-256, or of RSA with so many bits; the same one for the same label. */
export function key(label: string, rsaBits?: number): KeyPair {
  const id = `${label} ${rsaBits ?? "P-256"}`;
  const made =
    keys.get(id) ??
    (rsaBits === undefined
      ? generateKeyPairSync("ec", { namedCurve: "P-256" })
      : generateKeyPairSync("rsa", { modulusLength: rsaBits }));
  keys.set(id, made);
  return made;
}

const ALGORITHMS = {
  ec: { sha256: "1.2.840.10045.4.3.2", sha384: "1.2.840.10045.4.3.3", sha1: "1.2.840.10045.4.1" },
  rsa: { sha256: "1.2.840.113549.1.1.11", sha384: "1.2.840.113549.1.1.12", sha1: "1.2.840.113549.1.1.5" },
} as const;
export type HashChoice = keyof (typeof ALGORITHMS)["ec"];

function signatureAlgorithm({ privateKey }: KeyPair, hash: HashChoice): Buffer {
  const isRsa = privateKey.asymmetricKeyType === "rsa";
  return sequence(oid(ALGORITHMS[isRsa ? "rsa" : "ec"][hash]), ...(isRsa ? [nothing] : []));
}

function signed(tbs: Buffer, signer: KeyPair, hash: HashChoice, spoilt: boolean): Buffer {
  const signature = sign(hash, tbs, signer.privateKey);
  if (spoilt) signature[signature.length - 1] = (signature.at(-1) ?? 0) ^ 1;
  return sequence(tbs, signatureAlgorithm(signer, hash), bits(signature));
}

/** An extension with the DER of its value. */
export function extension(id: string, value: Uint8Array, critical = false): Buffer {
  return sequence(oid(id), ...(critical ? [boolean(true)] : []), octets(value));
}

export const NOW: Date = new Date("2026-06-01T12:00:00Z");
const YEAR_MS = 365 * 86_400_000;
/** So many years from {@link NOW}. */
export const years = (count: number): Date => new Date(NOW.getTime() + count * YEAR_MS);

/** What a certificate is to be like. */
export interface CertificateShape {
  readonly subject: string;
  readonly issuer: string;
  readonly key?: KeyPair;
  readonly issuerKey?: KeyPair;
  readonly serial?: Buffer;
  readonly version?: 1 | 3;
  readonly from?: Date;
  readonly to?: Date;
  /** `true`, or how many authorities may be below it; `undefined` leaves BasicConstraints out. */
  readonly ca?: boolean | number | undefined;
  /** Bits of KeyUsage; `undefined` leaves it out. */
  readonly usage?: readonly number[] | undefined;
  /** Object identifiers of key purposes. */
  readonly purposes?: readonly string[];
  readonly purposesCritical?: boolean;
  readonly extensions?: readonly Buffer[];
  readonly keyIds?: boolean;
  readonly hash?: HashChoice;
  readonly spoilt?: boolean;
}

export const USAGE = {
  digitalSignature: 0,
  nonRepudiation: 1,
  keyEncipherment: 2,
  keyCertSign: 5,
  cRLSign: 6,
};

export function keyUsage(numbers: readonly number[], critical = true): Buffer {
  const byte = numbers.reduce((sum, number) => sum | (0x80 >> number), 0);
  let unused = 0;
  while (byte !== 0 && ((byte >> unused) & 1) === 0) unused += 1;
  return extension("2.5.29.15", bits(Buffer.from([byte]), unused), critical);
}

/** SHA-1 of the key, as RFC 5280, section 4.2.1.2, has it. */
export function keyIdentifier({ publicKey }: KeyPair): Buffer {
  return createHash("sha1")
    .update(publicKey.export({ type: "spki", format: "der" }))
    .digest();
}

let serial = 1000;

/** Writes a certificate; as an authority's, unless it is told otherwise by `ca: undefined` or `false`. */
export function certificate(shape: CertificateShape): Buffer {
  const own = shape.key ?? key(shape.subject);
  const issuerKey = shape.issuerKey ?? key(shape.issuer);
  const { version = 3, hash = "sha256", from = years(-1), to = years(5), keyIds = true } = shape;
  const ca = "ca" in shape ? shape.ca : true;
  const usage = "usage" in shape ? shape.usage : ca === undefined || ca === false ? [0] : [5, 6];
  serial += 1;
  const extensions = [
    ...(ca === undefined
      ? []
      : [
          extension(
            "2.5.29.19",
            sequence(
              ...(ca === false ? [] : [boolean(true)]),
              ...(typeof ca === "number" ? [integer(ca)] : []),
            ),
            true,
          ),
        ]),
    ...(usage === undefined ? [] : [keyUsage(usage)]),
    ...(shape.purposes
      ? [extension("2.5.29.37", sequence(...shape.purposes.map(oid)), shape.purposesCritical)]
      : []),
    ...(keyIds
      ? [
          extension("2.5.29.14", octets(keyIdentifier(own))),
          extension("2.5.29.35", sequence(der(0x80, keyIdentifier(issuerKey)))),
        ]
      : []),
    ...(shape.extensions ?? []),
  ];
  const tbs = sequence(
    ...(version === 3 ? [explicit(0, integer(2))] : []),
    shape.serial ?? integer(serial),
    signatureAlgorithm(issuerKey, hash),
    name(shape.issuer),
    sequence(time(from), time(to)),
    name(shape.subject),
    own.publicKey.export({ type: "spki", format: "der" }),
    ...(version === 3 && extensions.length > 0 ? [explicit(3, sequence(...extensions))] : []),
  );
  return signed(tbs, issuerKey, hash, shape.spoilt ?? false);
}

/** What a CRL is to be like. */
export interface CrlShape {
  readonly issuer: string;
  readonly issuerKey?: KeyPair;
  /** INTEGERs, each with the extensions of its entry. */
  readonly revoked?: readonly {
    readonly serial: Buffer;
    readonly date?: Date;
    readonly extensions?: readonly Buffer[];
  }[];
  readonly from?: Date;
  readonly to?: Date | null;
  readonly extensions?: readonly Buffer[];
  readonly hash?: HashChoice;
  readonly spoilt?: boolean;
}

export function crl(shape: CrlShape): Buffer {
  const issuerKey = shape.issuerKey ?? key(shape.issuer);
  const { hash = "sha256", from = years(-0.1), to = years(0.1), revoked = [] } = shape;
  const extensions = [extension("2.5.29.20", integer(1)), ...(shape.extensions ?? [])];
  const entries = revoked.map(({ serial: number, date = years(-0.5), extensions: own = [] }) =>
    sequence(number, time(date), ...(own.length > 0 ? [sequence(...own)] : [])),
  );
  const tbs = sequence(
    integer(1),
    signatureAlgorithm(issuerKey, hash),
    name(shape.issuer),
    time(from),
    ...(to === null ? [] : [time(to)]),
    ...(entries.length > 0 ? [sequence(...entries)] : []),
    explicit(0, sequence(...extensions)),
  );
  return signed(tbs, issuerKey, hash, shape.spoilt ?? false);
}

/** DER as PEM. */
export function pem(content: Uint8Array, label: "CERTIFICATE" | "X509 CRL"): string {
  const base64 = Buffer.from(content)
    .toString("base64")
    .replace(/.{64}(?=.)/g, "$&\n");
  return `-----BEGIN ${label}-----\n${base64}\n-----END ${label}-----\n`;
}
