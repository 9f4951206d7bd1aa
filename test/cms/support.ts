import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll } from "vitest";
import type { Emulator } from "../../src/emulator/index.js";
import type { SignPathOptions } from "../../src/index.js";
import { SignPath } from "../../src/index.js";
import { temporaryFolder } from "../support/temporary.js";
import { openssl } from "../support/verifiers.js";

/** What is signed where it does not matter what. */
export const CONTENT: Buffer = Buffer.from("A line that is to be signed,\r\nand another one\n");

export const HASHES = ["SHA-256", "SHA-384", "SHA-512"] as const;
export type Hash = (typeof HASHES)[number];

/** Node's name of a hash. */
export function nodeName(hash: Hash): string {
  return hash.replace("-", "").toLowerCase();
}

/** A way to sign: a policy, and a padding where its key is RSA. */
export interface Variant {
  readonly slug: string;
  readonly padding: "pkcs1" | "pss" | undefined;
  readonly hash: Hash;
  /** WebCrypto's name. */
  readonly name: string;
}

/** Every policy of the emulator with a certificate and without approval, with every padding and hash. */
export const VARIANTS: readonly Variant[] = HASHES.flatMap((hash) => [
  ...["rsa-2048", "rsa-3072", "rsa-4096"].flatMap((slug) => [
    { slug, padding: "pkcs1" as const, hash, name: "RSASSA-PKCS1-v1_5" },
    { slug, padding: "pss" as const, hash, name: "RSA-PSS" },
  ]),
  ...["p-256", "p-384", "p-521"].map((slug) => ({ slug, padding: undefined, hash, name: "ECDSA" })),
]);

/** One key of each kind, with a hash each. */
export const KINDS: readonly Variant[] = VARIANTS.filter((variant) =>
  [
    "demo/rsa-2048 with RSASSA-PKCS1-v1_5 and SHA-256",
    "demo/rsa-3072 with RSA-PSS and SHA-384",
    "demo/p-256 with ECDSA and SHA-256",
    "demo/p-384 with ECDSA and SHA-384",
    "demo/p-521 with ECDSA and SHA-512",
  ].includes(titleOf(variant)),
);

/** For the names of tests. */
export function titleOf({ slug, name, hash }: Variant): string {
  return `demo/${slug} with ${name} and ${hash}`;
}

/** Rows of a table of tests: `it.each(titled(VARIANTS))("signs by %s", async (_title, variant) => …)`. */
export function titled(variants: readonly Variant[]): [string, Variant][] {
  return variants.map((variant) => [titleOf(variant), variant]);
}

/** A client of the file's emulator, closed after the tests. */
export function useSignPath(
  emulator: () => Emulator,
  options: Omit<SignPathOptions, "apiUrl" | "apiToken" | "organizationId"> = {},
): () => SignPath {
  let signpath: SignPath | undefined;
  afterAll(() => signpath?.close());
  return () => {
    const { apiUrl, apiToken, organizationId } = emulator();
    signpath ??= new SignPath({ apiUrl, apiToken, organizationId, ...options });
    return signpath;
  };
}

/** Signing requests that the emulator has had so far. */
export function sentTo(emulator: Emulator): number {
  return emulator.signingRequests.length;
}

/** Verifies CMS signatures by `openssl cms`, which is given no certificate but the emulator's root. */
export class OpensslCms {
  readonly #folder = temporaryFolder();
  readonly #emulator: () => Emulator;
  #number = 0;

  constructor(emulator: () => Emulator) {
    this.#emulator = emulator;
  }

  /**
   * The content of a good signature.
   *
   * @param content - of a detached one
   * @throws {Error} with openssl's words where the signature is not good
   */
  async verify(
    signature: Uint8Array,
    content: Uint8Array | undefined,
    ...more: readonly string[]
  ): Promise<Buffer> {
    this.#number += 1;
    const number = this.#number;
    const path = (name: string): string => join(this.#folder, `${number}.${name}`);
    await writeFile(path("p7s"), signature);
    await writeFile(path("root.pem"), this.#emulator().rootCertificate);
    if (content !== undefined) await writeFile(path("content"), content);
    const said = more.includes("-cades") ? "CAdES" : "CMS";
    const result = await openssl([
      ...["cms", "-verify", "-binary", "-inform", "DER", "-in", path("p7s"), "-CAfile", path("root.pem")],
      ...["-no-CApath", "-no-CAstore"],
      ...(content === undefined ? [] : ["-content", path("content")]),
      ...more,
    ]);
    if (result.status !== 0 || result.stderr.trim() !== `${said} Verification successful`)
      throw new Error(`openssl ended with ${result.status}: ${result.stderr}`);
    return result.output;
  }
}
