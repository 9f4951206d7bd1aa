import { chmod, mkdir, readdir, readFile, stat, symlink, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { describe, expect, it } from "vitest";
import type { SignJarOptions } from "../../src/toolkit/jar/index.js";
import { signJar, signJarBytes } from "../../src/toolkit/jar/index.js";
import { sentTo, useSignPath } from "../cms/support.js";
import { useEmulator } from "../support/emulator.js";
import { codedFailureOf, failureOf } from "../support/failure.js";
import { temporaryFolder } from "../support/temporary.js";
import type { File } from "./jar-support.js";
import { contentOf, dataOffsetOf, entriesOf, Jarsigner, proves, zipOf } from "./jar-support.js";

const emulator = useEmulator();
const signpath = useSignPath(emulator);
const jarsigner = new Jarsigner(emulator);

async function options(more: Partial<SignJarOptions> = {}): Promise<SignJarOptions> {
  const { intermediateCertificate, rootCertificate } = emulator();
  const policy = await signpath().policy("demo/rsa-2048");
  return { policy, certificates: [intermediateCertificate, rootCertificate], includeRoot: true, ...more };
}

async function expectGood(archive: Uint8Array): Promise<void> {
  const { isGood, output } = await jarsigner.verify(archive);
  expect(isGood, output).toBe(true);
}

describe("what is in an archive", () => {
  proves("stays as it is: bytes, times, attributes, comments, order", [], async () => {
    const written = {
      unixMode: 0o100755,
      msDosCompatible: false,
      lastModDate: new Date(2001, 1, 3, 4, 5, 6),
    };
    const archive = await zipOf(
      [
        ["z/deep/", ""],
        ["z/deep/run.sh", "#!/bin/sh\n", { ...written, comment: "a comment of the entry" }],
        [
          "stored.bin",
          Buffer.alloc(1000, 7),
          { level: 0, extraField: new Map([[0x4242, Buffer.from("extra")]]) },
        ],
        [
          "packed.bin",
          Buffer.alloc(1_000_000, "ab"),
          { level: 9, dataDescriptor: true, internalFileAttributes: 1 },
        ],
        ["empty", ""],
      ],
      "a comment of the archive",
    );
    const signed = await signJarBytes(archive, await options());
    await expectGood(signed);
    const [before, after] = [await entriesOf(archive), await entriesOf(signed)];
    expect(after.map(({ filename }) => filename).slice(3)).toEqual(before.map(({ filename }) => filename));
    for (const [index, entry] of before.entries()) {
      const now = after[index + 3];
      expect({ ...describeEntry(now) }).toEqual({ ...describeEntry(entry) });
      const [from, to] = [
        await localBytes(archive, entry.filename),
        await localBytes(signed, entry.filename),
      ];
      expect(Buffer.compare(from, to)).toBe(0);
    }
    expect(Buffer.from(signed).toString("latin1")).toMatch(/a comment of the archive$/);
  });

  proves("may have names that are long, with spaces, or in other scripts", [], async () => {
    const names = [
      "a b/ c .txt",
      `${"long/".repeat(40)}name.txt`,
      `${"ü€𝄞".repeat(30)}.txt`,
      "x".repeat(66),
      "x".repeat(67),
      "../beside.txt",
      "/absolute.txt",
      "c:\\windows.txt",
      "name: value",
      "META-INF/services/a.B",
      "META-INF/SIG-no.signature",
      "META-INF/deep/OTHER.SF",
    ];
    const signed = await signJarBytes(await zipOf(names.map((name): File => [name, name])), await options());
    await expectGood(signed);
    const manifest = await contentOf(signed, "META-INF/MANIFEST.MF");
    expect(
      Math.max(
        ...manifest
          .toString("latin1")
          .split("\r\n")
          .map(({ length }) => length),
      ),
    ).toBe(72);
    expect(
      manifest
        .toString()
        .replaceAll("\r\n ", "")
        .match(/^Name: .*$/gm),
    ).toEqual(names.map((name) => `Name: ${name}`));
    // No character is broken by a line's end.
    expect(manifest.toString()).not.toContain("\ufffd");
  });

  proves("may be nothing at all, or directories only", [], async () => {
    for (const files of [[], [["a/", ""]]] as File[][]) {
      const signed = await signJarBytes(await zipOf(files), await options());
      expect((await contentOf(signed, "META-INF/SIGNPATH.SF")).toString()).toMatch(/Manifest: \S+/);
      expect((await entriesOf(signed)).length).toBe(files.length + 3);
    }
  });

  proves("may follow a script that runs it", [], async () => {
    const script = Buffer.from("#!/bin/sh\nexec java -jar $0\n");
    const archive = Buffer.concat([script, await zipOf([["a.txt", "text"]])]);
    const signed = await signJarBytes(new Uint8Array(archive), await options());
    expect(Buffer.from(signed).subarray(0, script.length)).toEqual(script);
    await expectGood(signed);
  });

  for (const alignment of [4, 4096, 16_384]) {
    proves(`keeps its alignment to ${alignment} bytes, as APK files have it`, [], async () => {
      const name = alignment === 4 ? "res/raw.bin" : "lib/arm64-v8a/lib.so";
      const archive = await alignedZip(name, alignment);
      expect((await dataOffsetOf(archive, name)) % alignment).toBe(0);
      const signed = await signJarBytes(archive, await options({ signatureName: "CERT" }));
      expect((await dataOffsetOf(signed, name)) % alignment).toBe(0);
      await expectGood(signed);
    });
  }
});

describe("an archive is refused before anything is sent", () => {
  const hostile: readonly [string, () => Promise<Uint8Array>, string][] = [
    ["that is none", async () => Buffer.from("no archive at all"), "the archive cannot be read"],
    ["that is empty", async () => new Uint8Array(0), "the archive cannot be read"],
    [
      "that is cut off",
      async () => (await zipOf([["a", "text"]])).subarray(0, 60),
      "the archive cannot be read",
    ],
    [
      "with a line break in a name",
      () => zipOf([["a\nName: b", "text"]]),
      "has a name that a manifest cannot hold",
    ],
    ["with NUL in a name", () => zipOf([["a\0b", "text"]]), "has a name that a manifest cannot hold"],
    ["with an encrypted entry", () => zipOf([["a", "text", { password: "secret" }]]), "is encrypted"],
    [
      "with two entries of a name",
      async () =>
        renamed(
          await zipOf([
            ["aa", "1"],
            ["ab", "2"],
          ]),
          "ab",
          "aa",
        ),
      "two entries",
    ],
    [
      "with two manifests",
      () =>
        zipOf([
          ["META-INF/MANIFEST.MF", "Manifest-Version: 1.0\n\n"],
          ["META-INF/manifest.mf", ""],
        ]),
      "two entries",
    ],
    [
      "with a name that is not UTF-8",
      async () => renamed(await zipOf([["aa", "1"]]), "aa", "a\xff"),
      "not in UTF-8",
    ],
    [
      "with bytes after it",
      async () => Buffer.concat([await zipOf([["a", "1"]]), Buffer.from("more")]),
      "cannot be read",
    ],
    [
      "with a wrong checksum",
      async () => spoiled(await zipOf([["a", "some text", { level: 0 }]])),
      '"a" cannot be read',
    ],
    [
      "whose local names are others than its directory's",
      async () => renamed(await zipOf([["aa", "1"]]), "aa", "ab", 1),
      '"aa" cannot be read',
    ],
    [
      "with a manifest that is none",
      () => zipOf([["META-INF/MANIFEST.MF", "no attributes\n"]]),
      "no attribute",
    ],
    [
      "with a manifest in another encoding",
      () => zipOf([["META-INF/MANIFEST.MF", Buffer.from("A: \xff\n", "latin1")]]),
      "UTF-8",
    ],
    [
      "with a manifest that grows without end",
      () => zipOf([["META-INF/MANIFEST.MF", Buffer.alloc(65_000_000, "\n")]]),
      "more than 64000000 bytes",
    ],
  ];
  for (const [title, make, words] of hostile) {
    it(title, async () => {
      const archive = await make();
      const before = sentTo(emulator());
      const error = await codedFailureOf(signJarBytes(archive, await options()));
      expect(error.code).toBe("REQUEST_REJECTED");
      expect(error.message).toContain(words);
      expect(sentTo(emulator())).toBe(before);
    });
  }
});

describe("signJar", () => {
  it("takes the place of the source or of `out` only when it is whole, and keeps its mode", async () => {
    const folder = temporaryFolder();
    const path = join(folder, "app.jar");
    await writeFile(path, await zipOf([["a", "text"]]));
    await chmod(path, 0o640);
    const out = pathToFileURL(join(folder, "signed.jar"));
    expect((await signJar(pathToFileURL(path), { ...(await options()), out })).path).toBe(
      join(folder, "signed.jar"),
    );
    expect((await entriesOf(await readFile(path))).length).toBe(1);
    await signJar(path, await options());
    expect((await entriesOf(await readFile(path))).length).toBe(4);
    expect((await stat(path)).mode & 0o777).toBe(0o640);
    expect((await readdir(folder)).sort()).toEqual(["app.jar", "signed.jar"]);
  });

  it("follows a symbolic link", async () => {
    const folder = temporaryFolder();
    await mkdir(join(folder, "real"));
    await writeFile(join(folder, "real/app.jar"), await zipOf([["a", "text"]]));
    await symlink("real/app.jar", join(folder, "link.jar"));
    await signJar(join(folder, "link.jar"), await options());
    expect((await entriesOf(await readFile(join(folder, "real/app.jar")))).length).toBe(4);
    expect(await readdir(join(folder, "real"))).toEqual(["app.jar"]);
  });

  it("leaves nothing behind when signing fails, and the source as it was", async () => {
    const folder = temporaryFolder();
    const path = join(folder, "app.jar");
    const archive = await zipOf([["a", "text"]]);
    await writeFile(path, archive);
    emulator().addFault({ kind: "status", status: 400 });
    expect((await codedFailureOf(signJar(path, await options()))).code).toBe("REQUEST_REJECTED");
    const timestamp = "http://127.0.0.1:9/";
    const failing = await options({ timestamp: { authorities: [timestamp], retries: 0 } });
    expect((await codedFailureOf(signJar(path, failing))).code).toBe("TIMESTAMP_FAILED");
    expect(await readdir(folder)).toEqual(["app.jar"]);
    expect(await readFile(path)).toEqual(Buffer.from(archive));
  });

  it("sends nothing where the result cannot be written or the source cannot be read", async () => {
    const folder = temporaryFolder();
    const path = join(folder, "app.jar");
    await writeFile(path, await zipOf([["a", "text"]]));
    const before = sentTo(emulator());
    const given = await options();
    expect(await failureOf(signJar(path, { ...given, out: join(folder, "no/where.jar") }))).toMatchObject({
      code: "ENOENT",
    });
    expect(await failureOf(signJar(join(folder, "missing.jar"), given))).toMatchObject({ code: "ENOENT" });
    expect(await failureOf(signJar(folder, given))).toBeInstanceOf(TypeError);
    expect(await failureOf(signJar(path, { ...given, out: folder }))).toBeInstanceOf(TypeError);
    expect(sentTo(emulator())).toBe(before);
  });

  it("does not write what is no longer what it read", async () => {
    const folder = temporaryFolder();
    const path = join(folder, "app.jar");
    await writeFile(path, await zipOf([["a", "text"]]));
    emulator().addFault({ kind: "latency", ms: 300 });
    const signing = codedFailureOf(signJar(path, { ...(await options()), out: join(folder, "out.jar") }));
    const touched = new Promise((resolve) => setTimeout(resolve, 150)).then(() => utimes(path, 1, 1));
    await touched;
    expect(await signing).toMatchObject({
      code: "REQUEST_REJECTED",
      message: expect.stringContaining("changed"),
    });
    expect(await readdir(folder)).toEqual(["app.jar"]);
  });

  it("takes constant memory for a large entry, stored or deflated", async () => {
    const folder = temporaryFolder();
    const size = 192 * 1024 * 1024;
    const path = join(folder, "large.jar");
    await writeFile(
      path,
      await zipOf([
        ["large", Buffer.alloc(size, 1), { level: 0 }],
        ["deflated", Buffer.alloc(size)],
      ]),
    );
    const given = await options();
    global.gc?.();
    const peak = watchMemory();
    await signJar(path, given);
    expect(peak()).toBeLessThan(size / 2);
    expect((await stat(path)).size).toBeGreaterThan(size);
  }, 60_000);
});

/** Samples what the process has beyond what it has now; the function ends that and gives the most. */
function watchMemory(): () => number {
  const before = process.memoryUsage.rss();
  let most = 0;
  const timer = setInterval(() => {
    most = Math.max(most, process.memoryUsage.rss() - before);
  }, 10);
  return () => {
    clearInterval(timer);
    return most;
  };
}

/** What must be the same of an entry that was copied. */
function describeEntry(entry: Awaited<ReturnType<typeof entriesOf>>[number] | undefined): object {
  if (entry === undefined) throw new Error("an entry is missing");
  const { filename, comment, rawLastModDate, versionMadeBy, version, rawBitFlag } = entry;
  const { externalFileAttributes, internalFileAttributes, compressionMethod, rawExtraField } = entry;
  const extra = Buffer.from(rawExtraField).toString("hex");
  return {
    ...{ filename, comment, rawLastModDate, versionMadeBy, version, rawBitFlag, extra },
    ...{ externalFileAttributes, internalFileAttributes, compressionMethod },
  };
}

/** An entry's local header and data. */
async function localBytes(archive: Uint8Array, name: string): Promise<Buffer> {
  const entry = (await entriesOf(archive)).find(({ filename }) => filename === name);
  if (entry === undefined) throw new Error(`the archive has no ${name}`);
  const end = (await dataOffsetOf(archive, name)) + entry.compressedSize;
  return Buffer.from(archive.slice(entry.offset, end));
}

/** An archive whose stored entry begins at a multiple of the alignment, by an extra field as zipalign makes it. */
async function alignedZip(name: string, alignment: number): Promise<Uint8Array> {
  const make = (padding: number): Promise<Uint8Array> =>
    zipOf([
      ["classes.dex", "deflated ".repeat(100)],
      [
        name,
        "stored",
        { level: 0, dataDescriptor: false, localExtraField: new Map([[0xd935, Buffer.alloc(padding)]]) },
      ],
      ["after.txt", "deflated ".repeat(10)],
    ]);
  const offset = await dataOffsetOf(await make(0), name);
  return make((alignment - (offset % alignment)) % alignment);
}

/** The archive with another name of the same length in its bytes: everywhere, or in the first so many places. */
function renamed(archive: Uint8Array, name: string, other: string, times: number = 2): Uint8Array {
  const bytes = Buffer.from(archive);
  for (
    let found = bytes.indexOf(name), left = times;
    found >= 0 && left > 0;
    found = bytes.indexOf(name, found + 1)
  ) {
    bytes.write(other, found, "latin1");
    left -= 1;
  }
  return bytes;
}

/** The archive with another byte in its first entry's data. */
function spoiled(archive: Uint8Array): Uint8Array {
  const bytes = Buffer.from(archive);
  bytes[bytes.indexOf("some text")] = 0x53;
  return bytes;
}
