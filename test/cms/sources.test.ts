import { createHash, randomBytes } from "node:crypto";
import { createReadStream } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Readable } from "node:stream";
import { pathToFileURL } from "node:url";
import { describe, expect, it } from "vitest";
import type { SignCmsOptions } from "../../src/cms/index.js";
import { signCms } from "../../src/cms/index.js";
import type { SigningSource } from "../../src/index.js";
import { useEmulator } from "../support/emulator.js";
import { codedFailureOf, failureOf } from "../support/failure.js";
import { temporaryFolder } from "../support/temporary.js";
import { testWith } from "../support/verifiers.js";
import type { ReadCms } from "./read-cms.js";
import { readCms } from "./read-cms.js";
import { OpensslCms, sentTo, useSignPath } from "./support.js";

const MIB = 1024 * 1024;

function digestIn({ signerInfo }: ReadCms): Buffer | undefined {
  return signerInfo.attributes.get("1.2.840.113549.1.9.4")?.content;
}

function digestOf(content: Uint8Array): Buffer {
  return createHash("sha256").update(content).digest();
}

describe("the content of a signature", () => {
  const emulator = useEmulator();
  const signpath = useSignPath(emulator);
  const cms = new OpensslCms(emulator);
  const folder = temporaryFolder();
  const path = join(folder, "content #1 äß.bin");

  const options = async (more: Partial<SignCmsOptions> = {}): Promise<SignCmsOptions> => ({
    policy: await signpath().policy("demo/p-256"),
    certificates: [emulator().intermediateCertificate],
    ...more,
  });

  const chunks = async function* (content: Buffer): AsyncGenerator<Uint8Array> {
    // One buffer for all: a chunk is good until the next one is asked for.
    const buffer = Buffer.alloc(50_000);
    for (let start = 0; start < content.length; start += buffer.length)
      yield buffer.subarray(0, content.copy(buffer, 0, start));
  };
  const fileOf = async (content: Buffer): Promise<string> => {
    await writeFile(path, content);
    return path;
  };

  const kinds: [string, (content: Buffer) => SigningSource | Promise<SigningSource>][] = [
    ["bytes", (content) => new Uint8Array(content)],
    [
      "bytes in the middle of a buffer",
      (content) => Buffer.concat([Buffer.of(1, 2, 3), content, Buffer.of(4)]).subarray(3, -1),
    ],
    ["a DataView", (content) => new DataView(new Uint8Array([9, ...content, 9]).buffer, 1, content.length)],
    ["an ArrayBuffer", (content) => new Uint8Array(content).buffer],
    ["a Blob", (content) => new Blob([new Uint8Array(content)])],
    ["a stream of Node", (content) => Readable.from([content.subarray(0, 70_000), content.subarray(70_000)])],
    ["a stream of a file", async (content) => createReadStream(await fileOf(content))],
    ["a web stream", (content) => new Blob([new Uint8Array(content)]).stream()],
    ["an async iterable", chunks],
    ["the path of a file", fileOf],
    ["the URL of a file", async (content) => pathToFileURL(await fileOf(content))],
  ];

  it.each(kinds)("may be %s", async (_title, source) => {
    const content = randomBytes(150_001);
    const detached = readCms(await signCms(await source(content), await options()));
    expect(detached.content).toBeUndefined();
    expect(digestIn(detached)).toEqual(digestOf(content));
    const attached = readCms(await signCms(await source(content), await options({ detached: false })));
    expect(attached.content?.equals(content)).toBe(true);
    expect(digestIn(attached)).toEqual(digestOf(content));
  });

  testWith("openssl", "may be empty, detached and attached", async () => {
    for (const source of [Buffer.of(), new Blob([]), await fileOf(Buffer.of()), Readable.from([])]) {
      const again = source instanceof Readable ? Readable.from([]) : source;
      expect(await cms.verify(await signCms(source, await options()), Buffer.of(), "-cades")).toHaveLength(0);
      const attached = await signCms(again, await options({ detached: false }));
      expect(readCms(attached).content).toHaveLength(0);
      expect(await cms.verify(attached, undefined, "-cades")).toHaveLength(0);
    }
  });

  testWith("openssl", "may have 64 MiB, detached and attached", async () => {
    const content = Buffer.alloc(64 * MIB, "0123456789abcdef");
    await writeFile(path, content);
    const detached = await signCms(path, await options());
    expect((await cms.verify(detached, content)).equals(content)).toBe(true);
    const attached = await signCms(content, await options({ detached: false }));
    expect((await cms.verify(attached, undefined)).equals(content)).toBe(true);
  });

  it("may come in very many chunks", async () => {
    const count = 300_000;
    const source = async function* (): AsyncGenerator<Uint8Array> {
      for (let index = 0; index < count; index += 1) yield Uint8Array.of(index & 0xff);
    };
    const { content } = readCms(await signCms(source(), await options({ detached: false })));
    expect(content).toHaveLength(count);
    expect(content?.every((byte, index) => byte === (index & 0xff))).toBe(true);
  });

  it.each([1000, 2 * MIB])("of %d bytes is what it was at the time of the call", async (length) => {
    const content = Buffer.alloc(length, 1);
    const [detached, attached] = [await options(), await options({ detached: false })];
    const signing = [signCms(content, detached), signCms(content, attached)];
    content.fill(2);
    for (const signed of await Promise.all(signing))
      expect(digestIn(readCms(signed))).toEqual(digestOf(Buffer.alloc(length, 1)));
  });

  it("is refused attached above 1 GiB, before it is copied", async () => {
    const before = sentTo(emulator());
    const more = 1024 * MIB + 1;
    // Zeros that nobody writes on take no memory.
    const tooMuch = new Uint8Array(more);
    const blob = Object.defineProperty(new Blob(["a"]), "size", { value: more });
    const chunk = async function* (): AsyncGenerator<Uint8Array> {
      yield tooMuch;
    };
    for (const source of [tooMuch, blob, chunk()]) {
      const failure = await codedFailureOf(signCms(source, await options({ detached: false })));
      expect(failure).toMatchObject({ code: "REQUEST_REJECTED", stage: "cms", attempts: 0 });
      expect(failure.message).toMatch(/1073741824 bytes .*detached/);
    }
    expect(sentTo(emulator())).toBe(before);
  });

  it("fails with its own error where it cannot be read, and nothing is sent", async () => {
    const before = sentTo(emulator());
    const directory = join(folder, "directory");
    await mkdir(directory);
    const broken = new Error("the disk is on fire");
    const failing = async function* (): AsyncGenerator<Uint8Array> {
      yield Buffer.from("a");
      throw broken;
    };
    for (const detached of [true, false]) {
      const given = await options({ detached });
      expect(await failureOf(signCms(join(folder, "missing"), given))).toMatchObject({ code: "ENOENT" });
      expect(await failureOf(signCms(directory, given))).toMatchObject({ code: "EISDIR" });
      expect(await failureOf(signCms(failing(), given))).toBe(broken);
      const text = Readable.from(["text"]) as AsyncIterable<never>;
      expect(await failureOf(signCms(text, given))).toBeInstanceOf(TypeError);
      for (const nothing of [undefined, null, 5, {}])
        expect(await failureOf(signCms(nothing as never, given))).toBeInstanceOf(TypeError);
    }
    expect(sentTo(emulator())).toBe(before);
  });
});
