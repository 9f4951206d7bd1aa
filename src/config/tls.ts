import { X509Certificate } from "node:crypto";
import { readFileSync } from "node:fs";
import { messageOf } from "../base/errors.js";
import type { TlsConfig } from "./config.js";
import type { TlsOptions } from "./options.js";
import { Unreadable } from "./readers.js";

/** Paths of the TLS files, from the environment or the configuration file. */
export interface TlsFiles {
  readonly ca: string | undefined;
  readonly certificate: string | undefined;
  readonly key: string | undefined;
  readonly passphrase: string | undefined;
}

/** TLS settings from the options, or else from the files. */
export function tlsConfig(options: TlsOptions | undefined, files: TlsFiles): TlsConfig {
  if (options !== undefined && (typeof options !== "object" || options === null)) {
    throw new Unreadable("must be an object");
  }
  const config = options === undefined ? fromFiles(files) : fromOptions(options);
  if (config.cert === undefined && config.key !== undefined)
    throw new Unreadable("has a key without a certificate");
  if (Object.keys(config).length > 0) {
    try {
      config.ca?.forEach(requireCertificate);
      // Loaded only where there is something to check with it.
      const { createSecureContext } = process.getBuiltinModule("node:tls");
      createSecureContext({ ...config, ca: config.ca === undefined ? undefined : [...config.ca] });
    } catch (error) {
      throw new Unreadable(`cannot be used: ${messageOf(error)}`);
    }
  }
  return Object.freeze(config);
}

function fromOptions({ ca, cert, key, pfx, passphrase }: TlsOptions): TlsConfig {
  return {
    ...(ca !== undefined && { ca: (isList(ca) ? ca : [ca]).map(content) }),
    ...(cert !== undefined && { cert: content(cert) }),
    ...(key !== undefined && { key: content(key) }),
    ...(pfx !== undefined && { pfx: Buffer.from(pfx) }),
    ...(passphrase !== undefined && { passphrase }),
  };
}

function fromFiles({ ca, certificate, key, passphrase }: TlsFiles): TlsConfig {
  if (certificate?.toLowerCase().startsWith("thumbprint:")) {
    throw new Unreadable(
      "names a certificate of the Windows store, which only SignPath's own Windows driver can use; name a PEM or PFX file",
    );
  }
  const identity = certificate === undefined ? undefined : read(certificate);
  const pem = identity?.includes("-----BEGIN") ? identity : undefined;
  const keyPem = key === undefined ? pem : read(key);
  return {
    ...(ca !== undefined && { ca: [read(ca)] }),
    ...(pem !== undefined && { cert: pem }),
    ...(keyPem !== undefined && { key: keyPem }),
    ...(pem === undefined && identity !== undefined && { pfx: identity }),
    ...(passphrase !== undefined && { passphrase }),
  };
}

const PEM_CERTIFICATE = /-----BEGIN (?:X509 |TRUSTED )?CERTIFICATE-----/;

/** Node passes over what is no certificate in a list of authorities, and then trusts nobody. */
function requireCertificate(ca: string | Buffer): void {
  if (!PEM_CERTIFICATE.test(typeof ca === "string" ? ca : ca.toString("latin1")))
    throw new Error("an authority's certificate is not PEM");
  new X509Certificate(ca);
}

function isList<T>(value: T | readonly T[]): value is readonly T[] {
  return Array.isArray(value);
}

function content(value: string | Uint8Array): string | Buffer {
  return typeof value === "string" ? value : Buffer.from(value);
}

function read(path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (error) {
    throw new Unreadable(`cannot be read: ${messageOf(error)}`);
  }
}
