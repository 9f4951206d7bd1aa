import { createPublicKey } from "node:crypto";
import type { Authority } from "./authority.js";
import { openAuthority } from "./authority.js";
import type { Validity } from "./certificate.js";
import { pemOf } from "./pem.js";
import { generateKey } from "./signing-key.js";
import { MEMORY } from "./store.js";

/** The key of a TLS server and its certificates, PEM. */
export interface ServerIdentity {
  readonly key: string;
  readonly cert: string;
}

/** What can be wrong about a server's certificate. */
export type WrongIdentity = "expired" | "not-yet-valid" | "foreign-name" | "untrusted";

const DAY_MS = 86_400_000;
const FOREIGN_HOST = "elsewhere.invalid";

/** Makes a key for a server at that address of this machine, and certificates up to the root. */
export function serverIdentity(authority: Authority, host: string): Promise<ServerIdentity> {
  return makeIdentity(authority, hostsOf(host));
}

/** The same with one thing wrong. */
export async function wrongServerIdentity(
  authority: Authority,
  host: string,
  what: WrongIdentity,
): Promise<ServerIdentity> {
  const inDays = (days: number): Date => new Date(Date.now() + days * DAY_MS);
  switch (what) {
    case "expired":
      return makeIdentity(authority, hostsOf(host), { validFrom: inDays(-30), validTo: inDays(-1) });
    case "not-yet-valid":
      return makeIdentity(authority, hostsOf(host), { validFrom: inDays(1), validTo: inDays(30) });
    case "foreign-name":
      return makeIdentity(authority, [FOREIGN_HOST]);
    case "untrusted":
      return makeIdentity(await openAuthority(MEMORY), hostsOf(host));
  }
}

async function makeIdentity(
  authority: Authority,
  hosts: readonly string[],
  validity?: Validity,
): Promise<ServerIdentity> {
  const privateKey = await generateKey({ type: "Ecdsa", bits: 256, curve: "P-256" });
  const certificate = await authority.issueForServer(hosts, createPublicKey(privateKey), validity);
  return {
    key: privateKey.export({ format: "pem", type: "pkcs8" }).toString(),
    cert: pemOf("CERTIFICATE", certificate) + authority.intermediateCertificate,
  };
}

function hostsOf(host: string): readonly string[] {
  return [...new Set(["localhost", "127.0.0.1", "::1", host])];
}
