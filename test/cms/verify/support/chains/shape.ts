import type { ReasonCode } from "../../../../../src/cms/index.js";
import type { Purpose } from "../../../../../src/cms/verify/path/purpose.js";
import type { CertificateShape, CrlShape } from "../write-certificate.js";
import { certificate, crl, key } from "../write-certificate.js";

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

export const ROOT = "O=Test,CN=Root";
export const CA = "O=Test,CN=Sub CA";
export const LEAF = "O=Test,CN=Signer";

export const root = (shape: Partial<CertificateShape> = {}): Buffer =>
  certificate({ subject: ROOT, issuer: ROOT, ...shape });
export const ca = (shape: Partial<CertificateShape> = {}): Buffer =>
  certificate({ subject: CA, issuer: ROOT, ...shape });
export const leaf = (shape: Partial<CertificateShape> = {}): Buffer =>
  certificate({ subject: LEAF, issuer: CA, ca: undefined, ...shape });
export const revocations = (shape: Partial<CrlShape> = {}): Buffer => crl({ issuer: CA, ...shape });

export type Rest = Partial<Omit<Chain, "title" | "verdict">>;
export function chain(title: string, verdict: Chain["verdict"], rest: Rest = {}): Chain {
  return { title, verdict, leaf: leaf(), between: [ca()], roots: [root()], ...rest };
}

export const UNKNOWN = "1.3.6.1.4.1.99999.1";
export const CODE = "1.3.6.1.5.5.7.3.3";
export const EMAIL = "1.3.6.1.5.5.7.3.4";
export const SERVER = "1.3.6.1.5.5.7.3.1";
export const STAMP = "1.3.6.1.5.5.7.3.8";

export const SELF: CertificateShape = { subject: CA, issuer: CA, key: key("new"), issuerKey: key(CA), ca: 0 };
