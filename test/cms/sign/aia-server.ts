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

/** A certificate authority. */
export interface Authority {
  /** Its name. */
  readonly subject: string;
  readonly keys: CryptoKeyPair;
}

/**
 * A state directory of the emulator whose policy p-256 has a certificate from the emulator's authority that names these
 * addresses of its issuer.
 */
export async function stateNaming(addresses: readonly string[]): Promise<string> {
  const state = temporaryFolder();
  await cp(inject("emulatorState"), state, { recursive: true });
  const texts = await textsIn(state);
  const [leafFile, leafText] = holderOf(texts, /CN=p-256/);
  const { subject, keys } = await emulatorsAuthority();
  const publicKey = new x509.PublicKey(spkiOf(leafText));
  const certificate = await x509.X509CertificateGenerator.create({
    subject: "CN=p-256 with AIA",
    issuer: subject,
    publicKey,
    signingKey: keys.privateKey,
    signingAlgorithm: ES256,
    notAfter: new Date(Date.now() + 86_400_000),
    extensions: [
      new x509.AuthorityInfoAccessExtension({
        caIssuers: addresses.map((address) => new x509.GeneralName("url", address)),
      }),
      await x509.AuthorityKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  const key = createPrivateKey(leafText).export({ format: "pem", type: "pkcs8" });
  await writeFile(join(state, leafFile), `${key}${certificate.toString("pem")}\n`);
  return state;
}

/** The file with the certificate, and key, of a subject. */
function holderOf(texts: ReadonlyMap<string, string>, subject: RegExp): [name: string, text: string] {
  for (const [name, text] of texts) {
    if (text.includes("BEGIN CERTIFICATE") && subject.test(certificateIn(text).subject)) return [name, text];
  }
  throw new Error(`nobody is ${subject}`);
}

function certificateIn(text: string): X509Certificate {
  return new X509Certificate(text.slice(text.indexOf("-----BEGIN CERT")));
}

function spkiOf(privateKey: string): Uint8Array<ArrayBuffer> {
  return new Uint8Array(createPublicKey(privateKey).export({ format: "der", type: "spki" }));
}

async function textsIn(folder: string): Promise<Map<string, string>> {
  const texts = new Map<string, string>();
  for (const name of await readdir(folder))
    texts.set(name, await readFile(join(folder, name), "utf8").catch(() => ""));
  return texts;
}

/** The authority that issues the policies' certificates. */
export async function emulatorsAuthority(): Promise<Authority> {
  const [, text] = holderOf(await textsIn(inject("emulatorState")), /CN=SignPath Emulator Signing CA/);
  const { subtle } = globalThis.crypto;
  const pkcs8 = createPrivateKey(text).export({ format: "der", type: "pkcs8" });
  const privateKey = await subtle.importKey("pkcs8", pkcs8, ES256, false, ["sign"]);
  const publicKey = await subtle.importKey("spki", spkiOf(text), ES256, true, ["verify"]);
  return {
    subject: new x509.X509Certificate(certificateIn(text).raw).subject,
    keys: { privateKey, publicKey },
  };
}
