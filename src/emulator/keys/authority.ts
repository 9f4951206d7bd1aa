import type { KeyObject } from "node:crypto";
import { createPublicKey, X509Certificate } from "node:crypto";
import type { Bundle } from "./bundle.js";
import { loadOrMake } from "./bundle.js";
import type { CertificateOptions, Issuer, Validity } from "./certificate.js";
import { issueCertificate, isUsable } from "./certificate.js";
import { pemOf } from "./pem.js";
import { generateKey } from "./signing-key.js";
import type { Store } from "./store.js";

/** The emulator's certification authority: a root, and an intermediate that issues for the policies. */
export interface Authority {
  readonly rootCertificate: string;
  readonly intermediateCertificate: string;
  issue(subject: string, publicKey: KeyObject, validity?: Validity): Promise<Buffer>;
  /** For a TLS server at those names and addresses. */
  issueForServer(hosts: readonly string[], publicKey: KeyObject, validity?: Validity): Promise<Buffer>;
  /** For a timestamp authority. */
  issueForTimestamps(publicKey: KeyObject, options?: CertificateOptions): Promise<Buffer>;
  /** Whether the certificate is this authority's, still valid, and that key's. */
  vouchesFor(certificate: Buffer, privateKey: KeyObject): boolean;
}

const ROOT = "CN=SignPath Emulator Root CA, O=SignPath Emulator";
const INTERMEDIATE = "CN=SignPath Emulator Signing CA, O=SignPath Emulator";

const SERVER = "CN=SignPath Emulator, O=SignPath Emulator";
const TIMESTAMPS = "CN=SignPath Emulator Timestamp Authority, O=SignPath Emulator";

/** Loads the authority from the store, or founds it there. */
export async function openAuthority(store: Store): Promise<Authority> {
  const root = await certified(store, "root", ROOT);
  const intermediate = await certified(store, "intermediate", INTERMEDIATE, root.issuer);
  return {
    rootCertificate: pemOf("CERTIFICATE", root.certificate),
    intermediateCertificate: pemOf("CERTIFICATE", intermediate.certificate),
    issue: (subject, publicKey, validity) =>
      issueCertificate("leaf", subject, publicKey, intermediate.issuer, { validity }),
    issueForServer: (hosts, publicKey, validity) =>
      issueCertificate("server", SERVER, publicKey, intermediate.issuer, { hosts, validity }),
    issueForTimestamps: (publicKey, options) =>
      issueCertificate("timestamp", TIMESTAMPS, publicKey, intermediate.issuer, options),
    vouchesFor: (certificate, privateKey) => isUsable(certificate, privateKey, intermediate.issuer.publicKey),
  };
}

async function certified(
  store: Store,
  profile: "root" | "intermediate",
  name: string,
  signer?: Issuer,
): Promise<{ issuer: Issuer; certificate: Buffer }> {
  const make = async (): Promise<Bundle> => {
    const privateKey = await generateKey({ type: "Ecdsa", bits: 256, curve: "P-256" });
    const publicKey = createPublicKey(privateKey);
    const certificate = await issueCertificate(
      profile,
      name,
      publicKey,
      signer ?? { name, privateKey, publicKey },
    );
    return { privateKey, certificate };
  };
  const serves = ({ privateKey, certificate }: Bundle): boolean =>
    certificate !== undefined &&
    isUsable(certificate, privateKey, signer?.publicKey ?? createPublicKey(privateKey));
  const { privateKey, certificate } = await loadOrMake(store, profile, make, serves);
  if (certificate === undefined) throw new Error(`The ${profile} has no certificate.`);
  const notAfter = new Date(new X509Certificate(certificate).validTo);
  return { issuer: { name, privateKey, publicKey: createPublicKey(privateKey), notAfter }, certificate };
}
