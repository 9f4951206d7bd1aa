import { readFileSync } from "node:fs";
import { join } from "node:path";
import { temporaryFolder } from "./temporary.js";
import { openssl } from "./verifiers.js";

/** The passphrase of the client's encrypted files. */
export const PASSPHRASE = "passphrase/canary+1";

/** A small authority with a server's and a client's certificate, as files. */
export interface TestCertificates {
  readonly folder: string;
  /** PEM of the authority. */
  readonly ca: string;
  /** PEM of an authority that has issued nothing. */
  readonly otherCa: string;
  /** For `127.0.0.1`, `localhost` and `signpath.test`. */
  readonly server: { readonly cert: string; readonly key: string };
  /** `encryptedKey` and `pfx` are protected by {@link PASSPHRASE}. */
  readonly client: {
    readonly cert: string;
    readonly key: string;
    readonly encryptedKey: string;
    readonly pfx: Buffer;
  };
  /** Path of one of the files: `ca.pem`, `client.pem`, `client.key`, `client.encrypted.key`, `client.both.pem`, `client.pfx`. */
  readonly path: (name: string) => string;
}

/** Runs `openssl` in a folder; fails where it does. */
export async function opensslIn(folder: string, ...args: readonly string[]): Promise<void> {
  const { status, stderr } = await openssl(args, { cwd: folder });
  if (status !== 0) throw new Error(`openssl ${args.join(" ")}: ${stderr}`);
}

const NEW_KEY = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "3650"];

/** Makes the certificates with `openssl`. */
export async function makeCertificates(): Promise<TestCertificates> {
  const folder = temporaryFolder();
  const certificate = (name: string, ...more: readonly string[]): Promise<void> =>
    opensslIn(
      folder,
      ...[
        "req",
        "-x509",
        ...NEW_KEY,
        "-subj",
        `/CN=${name}`,
        "-keyout",
        `${name}.key`,
        "-out",
        `${name}.pem`,
      ],
      ...more,
    );
  const byCa = ["-CA", "ca.pem", "-CAkey", "ca.key"];
  await Promise.all([certificate("ca"), certificate("other")]);
  await Promise.all([
    certificate("server", ...byCa, "-addext", "subjectAltName=IP:127.0.0.1,DNS:localhost,DNS:signpath.test"),
    certificate("client", ...byCa),
  ]);
  const pass = `pass:${PASSPHRASE}`;
  await Promise.all([
    opensslIn(
      folder,
      ...["pkey", "-in", "client.key", "-aes256", "-passout", pass, "-out", "client.encrypted.key"],
    ),
    opensslIn(
      folder,
      ...["pkcs12", "-export", "-in", "client.pem", "-inkey", "client.key"],
      ...["-passout", pass, "-out", "client.pfx"],
    ),
  ]);
  const path = (name: string): string => join(folder, name);
  const text = (name: string): string => readFileSync(path(name), "utf8");
  return {
    folder,
    ca: text("ca.pem"),
    otherCa: text("other.pem"),
    server: { cert: text("server.pem"), key: text("server.key") },
    client: {
      cert: text("client.pem"),
      key: text("client.key"),
      encryptedKey: text("client.encrypted.key"),
      pfx: readFileSync(path("client.pfx")),
    },
    path,
  };
}
