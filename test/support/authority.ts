import "reflect-metadata";
import { webcrypto } from "node:crypto";
import * as x509 from "@peculiar/x509";

const { subtle } = webcrypto;
const DAY_MS = 86_400_000;

/** A certificate and its key; PEM. */
export interface Identity {
  readonly cert: string;
  readonly key: string;
}

/** What is unusual about a certificate. */
export interface IssueOptions {
  /** Its names; default `127.0.0.1`, `0.0.0.0` and `localhost`. */
  readonly names?: readonly x509.JsonGeneralName[];
  /** Validity, in days from now; default -1 and 365. */
  readonly from?: number;
  readonly to?: number;
  /** Size of an RSA key in bits, in place of one on P-256. */
  readonly rsaBits?: number;
  /** Hash of the issuer's signature; default SHA-256. */
  readonly hash?: "SHA-1" | "SHA-256";
}

/** A certificate authority. */
export interface Authority extends Identity {
  /** Issues a server's certificate. */
  readonly issue: (options?: IssueOptions) => Promise<Identity>;
  /** Issues the certificate of an authority below it. */
  readonly below: (name: string) => Promise<Authority>;
}

interface Issuer {
  readonly subject: string;
  readonly key: webcrypto.CryptoKey;
}

const NAMES: readonly x509.JsonGeneralName[] = [
  { type: "ip", value: "127.0.0.1" },
  { type: "ip", value: "0.0.0.0" },
  { type: "dns", value: "localhost" },
];

/** Makes a root authority. */
export function createAuthority(name: string): Promise<Authority> {
  return authority(name, undefined);
}

/** A server's certificate that nobody but itself has signed. */
export async function selfSigned(): Promise<Identity> {
  const keys = await newKeys();
  return identity(await certificate("CN=self-signed", keys, undefined, serverExtensions(NAMES)), keys);
}

async function authority(name: string, issuer: Issuer | undefined): Promise<Authority> {
  const subject = `CN=${name}`;
  const keys = await newKeys();
  const { keyCertSign, cRLSign } = x509.KeyUsageFlags;
  const extensions = [
    new x509.BasicConstraintsExtension(true, undefined, true),
    new x509.KeyUsagesExtension(keyCertSign | cRLSign, true),
  ];
  const self: Issuer = { subject, key: keys.privateKey };
  return {
    ...(await identity(await certificate(subject, keys, issuer, extensions), keys)),
    async issue(options = {}) {
      const own = await newKeys(options.rsaBits);
      const names = serverExtensions(options.names ?? NAMES);
      return identity(await certificate("CN=server", own, self, names, options), own);
    },
    below: (next) => authority(next, self),
  };
}

function serverExtensions(names: readonly x509.JsonGeneralName[]): x509.Extension[] {
  return [
    new x509.BasicConstraintsExtension(false, undefined, true),
    new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
    new x509.SubjectAlternativeNameExtension([...names]),
  ];
}

function newKeys(rsaBits?: number): Promise<webcrypto.CryptoKeyPair> {
  const algorithm =
    rsaBits === undefined
      ? { name: "ECDSA", namedCurve: "P-256" }
      : {
          name: "RSASSA-PKCS1-v1_5",
          hash: "SHA-256",
          modulusLength: rsaBits,
          publicExponent: new Uint8Array([1, 0, 1]),
        };
  return subtle.generateKey(algorithm, true, ["sign", "verify"]);
}

function certificate(
  subject: string,
  keys: webcrypto.CryptoKeyPair,
  issuer: Issuer | undefined,
  extensions: x509.Extension[],
  { from = -1, to = 365, hash = "SHA-256" }: IssueOptions = {},
): Promise<x509.X509Certificate> {
  return x509.X509CertificateGenerator.create(
    {
      subject,
      issuer: issuer?.subject ?? subject,
      notBefore: new Date(Date.now() + from * DAY_MS),
      notAfter: new Date(Date.now() + to * DAY_MS),
      publicKey: keys.publicKey,
      signingKey: issuer?.key ?? keys.privateKey,
      signingAlgorithm: { name: "ECDSA", hash },
      extensions,
    },
    webcrypto as Crypto,
  );
}

async function identity(cert: x509.X509Certificate, keys: webcrypto.CryptoKeyPair): Promise<Identity> {
  const pkcs8 = await subtle.exportKey("pkcs8", keys.privateKey);
  return { cert: cert.toString("pem"), key: x509.PemConverter.encode(pkcs8, "PRIVATE KEY") };
}
