import { createHash } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Stub, StubRequest } from "./stub.js";
import { startStub } from "./stub.js";
import { temporaryFolder } from "./temporary.js";
import { openssl } from "./verifiers.js";

/** How an authority's key and its answers are made. */
export interface OpensslTsaOptions {
  readonly key?: "rsa" | "ec";
  /** Of its signature. */
  readonly digest?: "sha256" | "sha384" | "sha512";
  /** Of the certificate, in the attribute signing-certificate (`sha1`) or signing-certificate-v2. */
  readonly certificateDigest?: "sha1" | "sha256" | "sha512";
  /** Digits of a second in its times. */
  readonly precision?: number;
  /** Extension of its certificate, in place of the right one. */
  readonly usage?: string;
}

/** `openssl ts -reply` behind HTTP: an authority of which nothing was written here. */
export interface OpensslTsa {
  readonly url: string;
  readonly port: number;
  /** PEM. */
  readonly rootCertificate: string;
  readonly requests: readonly StubRequest[];
}

/** The policy that it stamps under where none is asked for, and another one that it has. */
export const TSA_POLICIES = ["1.2.3.4.1", "1.2.3.4.5.6"] as const;

/** Starts one; it ends with the test. */
export async function startOpensslTsa(options: OpensslTsaOptions = {}): Promise<OpensslTsa> {
  const authority = await makeAuthority(options);
  const stub: Stub = await startStub(async ({ body }) => ({
    headers: { "content-type": "application/timestamp-reply" },
    body: await authority.reply(body),
  }));
  const { origin, port, requests } = stub;
  return { url: `${origin}/`, port, rootCertificate: authority.rootCertificate, requests };
}

async function makeAuthority({
  key = "rsa",
  digest = "sha256",
  certificateDigest = "sha256",
  precision = 0,
  usage = "critical,timeStamping",
}: OpensslTsaOptions): Promise<{ rootCertificate: string; reply: (query: Buffer) => Promise<Buffer> }> {
  const folder = temporaryFolder();
  const path = (name: string): string => join(folder, name);
  const run = async (...args: readonly string[]): Promise<void> => {
    const { status, stdout, stderr } = await openssl(args, { cwd: folder });
    if (status !== 0) throw new Error(`openssl ${args[0]}: ${stdout}${stderr}`);
  };
  const newKey = key === "rsa" ? ["rsa:2048"] : ["ec", "-pkeyopt", "ec_paramgen_curve:P-384"];
  const request = ["req", "-x509", "-nodes", "-newkey"];
  const days = ["-days", "30"];
  const authority = [
    "-addext",
    "basicConstraints=critical,CA:TRUE",
    "-addext",
    "keyUsage=critical,keyCertSign",
  ];
  await run(
    ...request,
    "rsa:2048",
    "-keyout",
    "root.key",
    "-out",
    "root.pem",
    ...days,
    "-subj",
    "/CN=root",
    ...authority,
  );
  const leaf = ["-addext", "basicConstraints=critical,CA:FALSE", "-addext", `extendedKeyUsage=${usage}`];
  const signed = ["-CA", "root.pem", "-CAkey", "root.key", "-subj", "/CN=openssl authority"];
  await run(...request, ...newKey, "-keyout", "tsa.key", "-out", "tsa.pem", ...days, ...signed, ...leaf);
  writeFileSync(path("serial"), "01\n");
  writeFileSync(
    path("tsa.cnf"),
    `[tsa]
default_tsa = authority
[authority]
serial = ${path("serial")}
crypto_device = builtin
signer_cert = ${path("tsa.pem")}
certs = ${path("root.pem")}
signer_key = ${path("tsa.key")}
signer_digest = ${digest}
default_policy = ${TSA_POLICIES[0]}
other_policies = ${TSA_POLICIES[1]}
digests = sha256, sha384, sha512
accuracy = secs:1
ordering = yes
tsa_name = yes
ess_cert_id_chain = no
ess_cert_id_alg = ${certificateDigest}
clock_precision_digits = ${precision}
`,
  );
  let turn: Promise<unknown> = Promise.resolve();
  const reply = async (query: Buffer): Promise<Buffer> => {
    const name = createHash("sha256").update(query).digest("hex");
    writeFileSync(path(name), query);
    await run("ts", "-reply", "-config", "tsa.cnf", "-queryfile", name, "-out", `${name}.answer`);
    return readFileSync(path(`${name}.answer`));
  };
  return {
    rootCertificate: readFileSync(path("root.pem"), "utf8"),
    // It keeps its serial number in a file.
    reply: (query) => {
      const mine = turn.then(() => reply(query));
      turn = mine.catch(() => undefined);
      return mine;
    },
  };
}
