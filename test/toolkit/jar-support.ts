import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Entry, FileEntry, ZipWriterAddDataOptions } from "@zip.js/zip.js";
import { Uint8ArrayReader, Uint8ArrayWriter, ZipReader, ZipWriter } from "@zip.js/zip.js";
import { afterAll } from "vitest";
import type { Emulator } from "../../src/emulator/index.js";
import type { JarsignerResult } from "../support/jarsigner-process.js";
import { JarsignerProcess } from "../support/jarsigner-process.js";
import { run } from "../support/run.js";
import { temporaryFolder } from "../support/temporary.js";
import type { ToolkitTest } from "../support/toolkit-row.js";
import { toolkitTest } from "../support/toolkit-row.js";
import { pathOf } from "../support/verifiers.js";

/** A file of an archive: its name, what is in it, and how it is written. */
export type File = readonly [name: string, content: string | Uint8Array, options?: ZipWriterAddDataOptions];

/** A `test` for the row of JAR files in the table of toolkits. */
export const proves: ToolkitTest = toolkitTest({
  subpath: "/jar",
  toolkit: "@zip.js/zip.js",
  use: "`signJar(path, { policy, … })`",
  verifiers: ["jarsigner", "JDK"],
  verifiedBy: ["`jarsigner -verify -strict`"],
});

/** An archive by zip.js. */
export async function zipOf(files: readonly File[], comment?: string): Promise<Uint8Array<ArrayBuffer>> {
  const writer = new ZipWriter(new Uint8ArrayWriter(), {
    useWebWorkers: false,
    extendedTimestamp: false,
    msDosCompatible: true,
  });
  for (const [name, content, options] of files) {
    const isDirectory = name.endsWith("/");
    const reader = isDirectory ? undefined : new Uint8ArrayReader(Buffer.from(content));
    await writer.add(name, reader, { ...(isDirectory && { directory: true }), ...options });
  }
  return writer.close(comment === undefined ? undefined : Buffer.from(comment));
}

/** The entries of an archive, as zip.js reads them. */
export function entriesOf(archive: Uint8Array): Promise<Entry[]> {
  return new ZipReader(new Uint8ArrayReader(archive), { filenameValidation: "tolerant" }).getEntries();
}

/** The content of an entry. */
export async function contentOf(archive: Uint8Array, name: string): Promise<Buffer> {
  const entry = (await entriesOf(archive)).find(({ filename }) => filename === name);
  if (entry === undefined || entry.directory) throw new Error(`the archive has no file ${name}`);
  return Buffer.from(await entry.getData(new Uint8ArrayWriter(), { useWebWorkers: false }));
}

/** The archive with another content of some entries, as somebody would make it who knows no key. */
export async function withContent(
  archive: Uint8Array,
  changes: Readonly<Record<string, (content: Buffer) => Uint8Array>>,
): Promise<Uint8Array<ArrayBuffer>> {
  const files: File[] = [];
  for (const entry of await entriesOf(archive)) {
    const content = entry.directory ? "" : await contentOf(archive, entry.filename);
    const change = changes[entry.filename];
    files.push([entry.filename, change === undefined ? content : change(Buffer.from(content))]);
  }
  return zipOf(files);
}

/** Changes one bit of the byte in the middle. */
export function flipped(content: Buffer): Buffer {
  const middle = content.length >> 1;
  content[middle] = (content[middle] ?? 0) ^ 1;
  return content;
}

/** The data of a stored entry begins here. */
export async function dataOffsetOf(archive: Uint8Array, name: string): Promise<number> {
  const entry = (await entriesOf(archive)).find(({ filename }) => filename === name) as FileEntry;
  const header = Buffer.from(archive.buffer, archive.byteOffset + entry.offset, 30);
  return entry.offset + 30 + header.readUInt16LE(26) + header.readUInt16LE(28);
}

/** What jarsigner says of an archive. */
export interface Verdict {
  /** Exit code 0 and the words that say so. */
  readonly isGood: boolean;
  readonly output: string;
}

/** The JDK's jarsigner, with a keystore that trusts the emulator's root, and a key of its own as another signer. */
export class Jarsigner {
  readonly folder: string = temporaryFolder();
  readonly #emulator: () => Emulator;
  #trust: Promise<string> | undefined;
  #process: JarsignerProcess | undefined;
  #number = 0;

  constructor(emulator: () => Emulator) {
    this.#emulator = emulator;
    afterAll(() => this.#process?.close());
  }

  /** Verifies strictly: bad chains, unsigned entries and signers that are not trusted are errors as well. */
  async verify(archive: Uint8Array): Promise<Verdict> {
    const path = await this.save(archive);
    const keystore = await this.#keystore();
    const { status, output } = await this.#run([
      ...["-verify", "-strict", "-verbose", "-certs", ...storeOf(keystore), path],
    ]);
    return { isGood: status === 0 && /^jar verified\.$/m.test(output), output };
  }

  /** Signs with jarsigner's own key, an EC one. */
  async sign(archive: Uint8Array, ...options: readonly string[]): Promise<Uint8Array<ArrayBuffer>> {
    const path = await this.save(archive);
    const keystore = await this.#keystore();
    const { status, output } = await this.#run([...storeOf(keystore), ...options, path, "other"]);
    if (status !== 0) throw new Error(`jarsigner ended with ${status}: ${output}`);
    return new Uint8Array(await readFile(path));
  }

  /** A new file with the archive. */
  async save(archive: Uint8Array): Promise<string> {
    this.#number += 1;
    const path = join(this.folder, `${this.#number}.jar`);
    await writeFile(path, archive);
    return path;
  }

  #run(args: readonly string[]): Promise<JarsignerResult> {
    this.#process ??= new JarsignerProcess();
    return this.#process.run(args);
  }

  #keystore(): Promise<string> {
    this.#trust ??= this.#makeKeystore();
    return this.#trust;
  }

  async #makeKeystore(): Promise<string> {
    const keystore = join(this.folder, "keystore.p12");
    const root = join(this.folder, "root.pem");
    await writeFile(root, this.#emulator().rootCertificate);
    const keytool = pathOf("jarsigner").replace(/jarsigner(?=(\.exe)?$)/, "keytool");
    const steps = [
      ["-importcert", "-noprompt", "-alias", "root", "-file", root],
      [
        "-genkeypair",
        "-alias",
        "other",
        "-keyalg",
        "EC",
        "-groupname",
        "secp256r1",
        "-dname",
        "CN=Other",
        "-validity",
        "3650",
      ],
    ];
    for (const step of steps) {
      const { status, stdout } = await run(keytool, [...step, ...storeOf(keystore)]);
      if (status !== 0) throw new Error(`keytool ended with ${status}: ${stdout}`);
    }
    return keystore;
  }
}

function storeOf(keystore: string): string[] {
  return ["-keystore", keystore, "-storepass", "a-password"];
}
