import { createHash, sign } from "node:crypto";
import type { KeyPair } from "./write-certificate.js";
import { certificate, key, name } from "./write-certificate.js";
import { der, explicit, integer, octets, oid, sequence, set, time } from "./write-der.js";

export const ID = {
  data: "1.2.840.113549.1.7.1",
  signedData: "1.2.840.113549.1.7.2",
  contentType: "1.2.840.113549.1.9.3",
  messageDigest: "1.2.840.113549.1.9.4",
  signingTime: "1.2.840.113549.1.9.5",
  countersignature: "1.2.840.113549.1.9.6",
  algorithmProtection: "1.2.840.113549.1.9.52",
  signingCertificateV2: "1.2.840.113549.1.9.16.2.47",
  sha256: "2.16.840.1.101.3.4.2.1",
  sha384: "2.16.840.1.101.3.4.2.2",
  sha512: "2.16.840.1.101.3.4.2.3",
  ecdsaSha256: "1.2.840.10045.4.3.2",
  ecdsaSha384: "1.2.840.10045.4.3.3",
} as const;

const ROOT_NAME = "CN=Root";
const SIGNER_NAME = "CN=Signer";
export const SERIAL: Buffer = integer(42);
export const ROOT: Buffer = certificate({ subject: ROOT_NAME, issuer: ROOT_NAME });
export const SIGNER: Buffer = certificate({
  subject: SIGNER_NAME,
  issuer: ROOT_NAME,
  ca: undefined,
  serial: SERIAL,
});
export const CONTENT: Buffer = Buffer.from("what is signed");

export const algorithm = (id: string, ...parameters: readonly Buffer[]): Buffer =>
  sequence(oid(id), ...parameters);
export const attribute = (id: string, ...values: readonly Buffer[]): Buffer =>
  sequence(oid(id), set(...values));
export const digest = (content: Uint8Array, hash = "sha256"): Buffer =>
  createHash(hash).update(content).digest();

/** The attributes that a signature has at least. */
export const contentType = (id: string = ID.data): Buffer => attribute(ID.contentType, oid(id));
export const messageDigest = (content: Uint8Array = CONTENT): Buffer =>
  attribute(ID.messageDigest, octets(digest(content)));
export const signingTime = (date: Date): Buffer => attribute(ID.signingTime, time(date));

/** What a SignerInfo is to be like; the rest is right. */
export interface SignerShape {
  readonly version?: number;
  readonly sid?: Buffer;
  readonly digestAlgorithm?: Buffer;
  readonly hash?: string;
  /** `null` leaves them out, and signs the content. */
  readonly attributes?: readonly Buffer[] | null;
  readonly signatureAlgorithm?: Buffer;
  readonly unsigned?: readonly Buffer[];
  readonly key?: KeyPair;
  /** In place of the one that is right. */
  readonly signature?: Buffer;
  /** In place of the SET OF in DER. */
  readonly signed?: Buffer;
  readonly content?: Buffer;
}

export function signerInfo(shape: SignerShape = {}): Buffer {
  const { attributes = [contentType(), messageDigest()], hash = "sha256", unsigned = [] } = shape;
  const pair = shape.key ?? key(SIGNER_NAME);
  const message = shape.signed ?? (attributes === null ? (shape.content ?? CONTENT) : set(...attributes));
  const signature =
    shape.signature ??
    sign(pair.privateKey.asymmetricKeyType === "ed25519" ? null : hash, message, pair.privateKey);
  return sequence(
    integer(shape.version ?? 1),
    shape.sid ?? sequence(name(ROOT_NAME), SERIAL),
    shape.digestAlgorithm ?? algorithm(ID.sha256),
    ...(attributes === null ? [] : [der(0xa0, ...[...attributes].sort(Buffer.compare))]),
    shape.signatureAlgorithm ?? algorithm(ID.ecdsaSha256),
    octets(signature),
    ...(unsigned.length > 0 ? [der(0xa1, ...unsigned)] : []),
  );
}

/** What a SignedData is to be like; the rest is right. */
export interface CmsShape {
  readonly version?: number;
  readonly digestAlgorithms?: readonly Buffer[];
  readonly contentType?: string;
  /** `eContent` whole; `null` leaves it out. */
  readonly content?: Buffer | null;
  readonly certificates?: readonly Buffer[];
  readonly crls?: readonly Buffer[];
  readonly signers?: readonly Buffer[];
}

export function signedData(shape: CmsShape = {}): Buffer {
  const { digestAlgorithms = [algorithm(ID.sha256)], certificates = [SIGNER], crls = [] } = shape;
  const content = shape.content === undefined ? octets(CONTENT) : shape.content;
  return sequence(
    oid(ID.signedData),
    explicit(
      0,
      sequence(
        integer(shape.version ?? 1),
        set(...digestAlgorithms),
        sequence(oid(shape.contentType ?? ID.data), ...(content === null ? [] : [explicit(0, content)])),
        ...(certificates.length > 0 ? [der(0xa0, ...certificates)] : []),
        ...(crls.length > 0 ? [der(0xa1, ...crls)] : []),
        set(...(shape.signers ?? [signerInfo()])),
      ),
    ),
  );
}
