import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Emulator } from "../../../src/emulator/index.js";
import type { RunResult } from "../../support/run.js";
import { run } from "../../support/run.js";
import { temporaryFolder } from "../../support/temporary.js";
import type { ProvenAlgorithm } from "../../support/toolkit-row.js";
import { pathOf } from "../../support/verifiers.js";

/** What osslsigncode says of a file that it accepts. */
export interface Verified {
  /** All that it printed. */
  readonly text: string;
  readonly signatures: number;
  readonly timestamps: number;
}

/** Ways to sign: a policy of the emulator, a hash, and what the table of toolkits calls the key. */
export interface Variant {
  readonly slug: string;
  readonly hash: "SHA-256" | "SHA-384" | "SHA-512";
  readonly proves: ProvenAlgorithm;
}

/** Each kind of key, and each hash. */
export const VARIANTS: readonly Variant[] = [
  { slug: "rsa-2048", hash: "SHA-256", proves: "RSA PKCS#1" },
  { slug: "rsa-3072", hash: "SHA-384", proves: "RSA PKCS#1" },
  { slug: "rsa-4096", hash: "SHA-512", proves: "RSA PKCS#1" },
  { slug: "p-256", hash: "SHA-256", proves: "P-256" },
  { slug: "p-384", hash: "SHA-384", proves: "P-384" },
  { slug: "p-521", hash: "SHA-512", proves: "P-521" },
  { slug: "p-521", hash: "SHA-256", proves: "P-521" },
];

/** Verifies executables by osslsigncode, which is given no certificate but the emulator's root. */
export class Osslsigncode {
  readonly #folder = temporaryFolder();
  readonly #emulator: () => Emulator;
  #number = 0;

  constructor(emulator: () => Emulator) {
    this.#emulator = emulator;
  }

  /**
   * @param timestampRoots - of an authority that is not the emulator's
   * @throws {Error} with its words where it does not accept the file, or warns of its checksum
   */
  async verify(executable: Uint8Array, timestampRoots?: string): Promise<Verified> {
    const { status, stdout, stderr } = await this.#run(executable, timestampRoots);
    const text = stdout + stderr;
    // Version 2.9 only warns of a checksum; 2.5 does not, but ends with 1.
    if (status !== 0 || /mismatch|invalid pe checksum|: failed/i.test(text))
      throw new Error(`osslsigncode ended with ${status}: ${text}`);
    return {
      text,
      signatures: text.match(/^Signature verification: ok/gm)?.length ?? 0,
      timestamps: text.match(/^Timestamp Server Signature verification: ok/gm)?.length ?? 0,
    };
  }

  /** What it says of a file, whether or not it accepts it. */
  async report(executable: Uint8Array): Promise<string> {
    const { stdout } = await this.#run(executable);
    return stdout;
  }

  /** Whether it refuses a file, for a signature or a digest that is wrong. */
  async rejects(executable: Uint8Array): Promise<boolean> {
    const { status, stdout } = await this.#run(executable);
    return status !== 0 && /Signature verification: failed|MISMATCH/.test(stdout);
  }

  /** The PKCS #7 signature that it finds. */
  async extract(executable: Uint8Array): Promise<Buffer> {
    const path = await this.#save(executable);
    const { status, stdout, stderr } = await run(pathOf("osslsigncode"), [
      ...["extract-signature", "-in", path, "-out", `${path}.p7`],
    ]);
    if (status !== 0) throw new Error(`osslsigncode ended with ${status}: ${stdout}${stderr}`);
    const found = await readFile(`${path}.p7`);
    // Version 2.5 gives the entry of the certificate table, with its header and its padding.
    if (found.readUInt32LE(4) !== 0x00020200) return found;
    return found.subarray(8, 12 + found.readUInt16BE(10));
  }

  /** Signs a file by itself, with a key of PEM. */
  async sign(
    executable: Uint8Array,
    { cert, key }: { readonly cert: string; readonly key: string },
    ...more: readonly string[]
  ): Promise<Buffer> {
    const path = await this.#save(executable);
    await writeFile(`${path}.cert`, cert);
    await writeFile(`${path}.key`, key);
    const args = ["sign", "-certs", `${path}.cert`, "-key", `${path}.key`, ...more];
    const { status, stdout, stderr } = await run(pathOf("osslsigncode"), [
      ...[...args, "-in", path, "-out", `${path}.signed`],
    ]);
    if (status !== 0) throw new Error(`osslsigncode ended with ${status}: ${stdout}${stderr}`);
    return readFile(`${path}.signed`);
  }

  async #run(executable: Uint8Array, timestampRoots?: string): Promise<RunResult> {
    const path = await this.#save(executable);
    const roots = `${path}.roots`;
    await writeFile(roots, this.#emulator().rootCertificate);
    await writeFile(`${path}.tsa`, timestampRoots ?? this.#emulator().rootCertificate);
    return run(pathOf("osslsigncode"), [
      ...["verify", "-CAfile", roots, "-TSA-CAfile", `${path}.tsa`, "-in", path],
    ]);
  }

  async #save(executable: Uint8Array): Promise<string> {
    this.#number += 1;
    const path = join(this.#folder, `${this.#number}.exe`);
    await writeFile(path, executable);
    return path;
  }
}

/** A copy with one bit turned. */
export function turned(bytes: Uint8Array, at: number): Buffer {
  const copy = Buffer.from(bytes);
  copy[at] = (copy[at] ?? 0) ^ 1;
  return copy;
}
