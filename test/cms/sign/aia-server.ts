import { createPrivateKey, createPublicKey, X509Certificate } from "node:crypto";
import "reflect-metadata";
import { cp, readdir, readFile, writeFile } from "node:fs/promises";
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import * as x509 from "@peculiar/x509";
import { inject } from "vitest";
import { temporaryFolder } from "../../support/temporary.js";

const ES256 = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };

/** What a server of issuers' certificates gives: bytes, or what it does in place of that. */
export type IssuerAnswer =
  | Uint8Array
  | string
  | ((request: IncomingMessage, response: ServerResponse) => void);

/** A certificate authority's server. */
export class IssuerServer {
  /** What it has, by path. */
  readonly answers: Map<string, IssuerAnswer> = new Map();
  /** What it was asked for. */
  readonly asked: { readonly path: string; readonly authorization: string | undefined }[] = [];
  readonly #server: Server = createServer((request, response) => {
    const path = request.url ?? "";
    this.asked.push({ path, authorization: request.headers.authorization });
    const answer = this.answers.get(path);
    if (answer === undefined) response.writeHead(404).end();
    else if (typeof answer === "function") answer(request, response);
    else response.end(answer);
  });

  async listen(): Promise<this> {
    await new Promise<void>((resolve) => this.#server.listen(0, "127.0.0.1", resolve));
    return this;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  get origin(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  close(): Promise<void> {
    this.#server.closeAllConnections();
    return new Promise((resolve) => {
      this.#server.close(() => resolve());
    });
  }
}

/**
 * A state directory of the emulator whose policy p-256 has a certificate from the emulator's authority that names these
 * addresses of its issuer.
 */
export async function stateNaming(addresses: readonly string[]): Promise<string> {
  const state = temporaryFolder();
  await cp(inject("emulatorState"), state, { recursive: true });
  const texts = new Map<string, string>();
  for (const name of await readdir(state))
    texts.set(name, await readFile(join(state, name), "utf8").catch(() => ""));
  const named = (common: RegExp): [string, string] => {
    for (const [name, text] of texts) {
      if (!text.includes("BEGIN CERTIFICATE")) continue;
      if (common.test(new X509Certificate(text.slice(text.indexOf("-----BEGIN CERT"))).subject))
        return [name, text];
    }
    throw new Error(`nobody is ${common}`);
  };
  const [leafFile, leafText] = named(/CN=p-256/);
  const [, issuerText] = named(/CN=SignPath Emulator Signing CA/);
  const issuer = new x509.X509Certificate(issuerText.slice(issuerText.indexOf("-----BEGIN CERT")));
  const pkcs8 = createPrivateKey(issuerText).export({ format: "der", type: "pkcs8" });
  const signingKey = await globalThis.crypto.subtle.importKey("pkcs8", pkcs8, ES256, false, ["sign"]);
  const publicKey = new x509.PublicKey(
    new Uint8Array(createPublicKey(createPrivateKey(leafText)).export({ format: "der", type: "spki" })),
  );
  const certificate = await x509.X509CertificateGenerator.create({
    subject: "CN=p-256 with AIA",
    issuer: issuer.subject,
    publicKey,
    signingKey,
    signingAlgorithm: ES256,
    notAfter: new Date(Date.now() + 86_400_000),
    extensions: [
      new x509.AuthorityInfoAccessExtension({
        caIssuers: addresses.map((address) => new x509.GeneralName("url", address)),
      }),
      await x509.AuthorityKeyIdentifierExtension.create(issuer.publicKey),
    ],
  });
  const key = createPrivateKey(leafText).export({ format: "pem", type: "pkcs8" });
  await writeFile(join(state, leafFile), `${key}${certificate.toString("pem")}\n`);
  return state;
}
