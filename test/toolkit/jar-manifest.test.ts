import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { makeAttribute, makeManifest, makeSection, parseManifest } from "../../src/toolkit/jar/manifest.js";
import { ManifestDigests, signatureFileOf } from "../../src/toolkit/jar/signature-file.js";
import type { EntryDigests } from "../../src/toolkit/jar/update-manifest.js";
import {
  newManifest,
  withDigests,
  withMissingDigests,
  withVersion,
} from "../../src/toolkit/jar/update-manifest.js";
import { codedThrownBy } from "../support/failure.js";
import { assertProperty } from "../support/properties.js";

const HASH = { name: "SHA-256", nodeName: "sha256" } as const;

function read(text: string): ReturnType<typeof parseManifest> {
  return parseManifest(Buffer.from(text), "MANIFEST.MF");
}

function digests(...names: readonly string[]): Map<string, EntryDigests> {
  return new Map(names.map((name) => [name, new Map([["sha256", "digest="]])]));
}

/** What a manifest can hold: no line breaks, no NUL, no lone surrogates. */
const value = fc
  .string({ unit: "grapheme", minLength: 1, maxLength: 200 })
  .filter((text) => !/[\r\n\0]/.test(text));

describe("an attribute", () => {
  it("is broken after 72 bytes, and after 71 on lines that go on", () => {
    const { bytes } = makeAttribute("Name", "x".repeat(200));
    const lines = Buffer.from(bytes).toString().split("\r\n");
    expect(lines.map(({ length }) => length)).toEqual([72, 72, 64, 0]);
    expect(lines.slice(1, 3).every((line) => line.startsWith(" "))).toBe(true);
  });

  it("of any text is read again as it was, in lines of 72 bytes at most, none of which breaks a character", () => {
    assertProperty(
      fc.property(value, (text) => {
        const section = makeSection(text, [makeAttribute("Name", text)]);
        const manifest = makeManifest(newManifest().main, [section]);
        const again = parseManifest(manifest.bytes, "MANIFEST.MF");
        expect(again.sections.map(({ name }) => name)).toEqual([text]);
        expect(again.sections[0]?.bytes).toEqual(section.bytes);
        const lines = Buffer.from(manifest.bytes).toString("latin1").split("\r\n");
        expect(Math.max(...lines.map(({ length }) => length))).toBeLessThanOrEqual(72);
        for (const line of lines)
          new TextDecoder("utf-8", { fatal: true }).decode(Buffer.from(line, "latin1"));
      }),
      { numRuns: 300 },
    );
  });
});

describe("a manifest", () => {
  it.each(["\r\n", "\n", "\r"])("is read with lines that end with %j", (end) => {
    const text = ["A: 1", "B: 2", " 3", "", "Name: a/", " b", "X: y", "", "", "Name: c", "", ""].join(end);
    const manifest = read(text);
    expect(manifest.main.attributes.map(({ name, value: said }) => [name, said])).toEqual([
      ["A", "1"],
      ["B", "23"],
    ]);
    expect(manifest.sections.map(({ name }) => name)).toEqual(["a/b", "c"]);
    expect(Buffer.from(manifest.bytes).toString()).toBe(text);
  });

  it.each([
    ["A: 1", "A: 1\r\n\r\n"],
    ["A: 1\n", "A: 1\n\r\n"],
    ["A: 1\n\nName: b\nC: d\n", "A: 1\n\nName: b\nC: d\n\r\n"],
    ["A: 1\n\n", "A: 1\n\n"],
    ["\n", "\n"],
    ["", ""],
  ])("that ends with %j is completed and no more", (text, completed) => {
    expect(Buffer.from(read(text).bytes).toString()).toBe(completed);
  });

  it.each([
    "no colon\n",
    "A:no space\n",
    " continues nothing\n",
    "A: 1\n\nB: no Name\n\n",
    "Ä: 1\n",
    `${"N".repeat(71)}: 1\n`,
    ": 1\n",
  ])("is refused where it says %j", (text) => {
    expect(codedThrownBy(() => read(text)).code).toBe("REQUEST_REJECTED");
  });

  it("is read or refused with a coded error, whatever its bytes are", () => {
    assertProperty(
      fc.property(
        fc.oneof(
          fc.uint8Array({ maxLength: 200 }),
          fc.string().map((text) => Buffer.from(text)),
        ),
        (bytes) => {
          try {
            const again = parseManifest(bytes, "MANIFEST.MF");
            expect(Buffer.from(again.bytes.subarray(0, bytes.length))).toEqual(Buffer.from(bytes));
          } catch (error) {
            expect(error).toMatchObject({ code: "REQUEST_REJECTED" });
          }
        },
      ),
      { numRuns: 1000 },
    );
  });

  it("gets a version where it has none, and keeps the one that it has", () => {
    expect(Buffer.from(withVersion(read("A: 1\n\n")).bytes).toString()).toBe(
      "Manifest-Version: 1.0\r\nA: 1\n\r\n",
    );
    const manifest = read("manifest-version: 2.0\n\n");
    expect(withVersion(manifest)).toBe(manifest);
  });

  it("is the same object where no digest is missing", () => {
    const manifest = read(
      "Manifest-Version: 1.0\n\nName: a\nSHA-256-Digest: digest=\n\n\n\nName: b/\nSealed: true\n\n",
    );
    expect(withDigests(manifest, digests("a"), HASH)).toBe(manifest);
    expect(withMissingDigests(manifest, digests("a"), HASH)).toBe(manifest);
  });

  it("gets what is missing at its end, after every byte that it has", () => {
    const text = "Manifest-Version: 1.0\n\nName: a\nSHA-256-Digest: digest=\n\n\n";
    const added = withMissingDigests(read(text), digests("a", "new"), HASH);
    expect(Buffer.from(added.bytes).toString()).toBe(`${text}Name: new\r\nSHA-256-Digest: digest=\r\n\r\n`);
  });

  it("with several sections of a name has one digest in them, and one in the signature file", () => {
    const manifest = withDigests(read("A: 1\n\nName: a\nX: 1\n\nName: a\nY: 2\n\n"), digests("a"), HASH);
    expect(Buffer.from(manifest.bytes).toString()).toBe(
      "A: 1\n\nName: a\nX: 1\nSHA-256-Digest: digest=\r\n\r\nName: a\nY: 2\n\n",
    );
    const signatureFile = parseManifest(signatureFileOf(manifest, HASH), "A.SF");
    expect(signatureFile.sections.map(({ name }) => name)).toEqual(["a"]);
    expect(new ManifestDigests(manifest).areSignedBy(signatureFile)).toBe(true);
  });
});

describe("a manifest of a small archive that is unpacked to a large one is read in bounded time", () => {
  it("with more attributes than a call has arguments, and lines of one", () => {
    const manifest = read(`A: 1\n${"B: 2\n".repeat(150_000)}\nName: a\n${" \n".repeat(150_000)}\n`);
    expect(manifest.main.attributes).toHaveLength(150_001);
    expect(manifest.sections[0]?.name).toBe("a");
    expect(withVersion(manifest).main.attributes).toHaveLength(150_002);
  });

  it("with more sections of a name than a call has arguments, also where each is signed once more", () => {
    const manifest = withMissingDigests(read(`A: 1\n\n${"Name: a\n\n".repeat(150_000)}`), digests("a"), HASH);
    const signatureFile = read(Buffer.from(signatureFileOf(manifest, HASH)).toString());
    const [, line = ""] =
      /(SHA-256-Digest: .*\r\n)/.exec(
        Buffer.from(signatureFile.bytes).toString().split("Name: a")[1] ?? "",
      ) ?? [];
    const again = read(`Signature-Version: 1.0\n\n${`Name: a\r\n${line}\r\n`.repeat(20_000)}`);
    expect(new ManifestDigests(manifest).areSignedBy(again)).toBe(true);
  });

  it("with a digest of the whole that is named again and again", () => {
    const manifest = read(`A: 1\n\nName: a\nB: ${"2".repeat(1_000_000)}\n\n`);
    const [, line = ""] =
      /(SHA-256-Digest-Manifest: .*\r\n)/.exec(Buffer.from(signatureFileOf(manifest, HASH)).toString()) ?? [];
    const signatureFile = read(`Signature-Version: 1.0\n${line.repeat(20_000)}\n`);
    expect(new ManifestDigests(manifest).areSignedBy(signatureFile)).toBe(true);
  });
});

describe("a signature file", () => {
  const manifest = read("A: 1\n\nName: a\nX: 1\n\nName: b\nY: 2\n\n");
  const signatureFile = parseManifest(signatureFileOf(manifest, HASH), "A.SF");

  it.each([
    ["the same manifest", "A: 1\n\nName: a\nX: 1\n\nName: b\nY: 2\n\n", true],
    ["one with more sections", "A: 1\n\nName: a\nX: 1\n\nName: b\nY: 2\n\nName: c\nZ: 3\n\n", true],
    ["one in another order", "A: 1\n\nName: b\nY: 2\n\nName: a\nX: 1\n\n", true],
    ["one with other main attributes", "A: 2\n\nName: a\nX: 1\n\nName: b\nY: 2\n\n", false],
    ["one with another section", "A: 1\n\nName: a\nX: 2\n\nName: b\nY: 2\n\n", false],
    ["one with fewer sections", "A: 1\n\nName: a\nX: 1\n\n", false],
  ])("is about %s: %#", (_title, text, expected) => {
    expect(new ManifestDigests(read(text)).areSignedBy(signatureFile)).toBe(expected);
  });

  it("with digests of unknown hashes only is about nothing", () => {
    const unknown = read("Signature-Version: 1.0\nX-Digest-Manifest: AAAA\n\nName: a\nX-Digest: AAAA\n\n");
    expect(new ManifestDigests(manifest).areSignedBy(unknown)).toBe(false);
  });
});
