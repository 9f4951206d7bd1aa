import { execFile } from "node:child_process";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";
import type { SignJarOptions } from "../../src/toolkit/jar/index.js";
import { signJar, signJarBytes } from "../../src/toolkit/jar/index.js";
import type { Variant } from "../cms/support.js";
import { HASHES, KINDS, sentTo, titled, titleOf, useSignPath, VARIANTS } from "../cms/support.js";
import { useEmulator } from "../support/emulator.js";
import { codedFailureOf, failureOf } from "../support/failure.js";
import { run } from "../support/run.js";
import { temporaryFolder } from "../support/temporary.js";
import { provenBy } from "../support/toolkit-row.js";
import { pathOf, testWith } from "../support/verifiers.js";
import { contentOf, entriesOf, flipped, Jarsigner, proves, withContent, zipOf } from "./jar-support.js";

const emulator = useEmulator();
const signpath = useSignPath(emulator);
const jarsigner = new Jarsigner(emulator);

const FILES = [
  ["META-INF/", ""],
  ["META-INF/MANIFEST.MF", "Manifest-Version: 1.0\r\nMain-Class: a.B\r\n\r\n"],
  ["a/", ""],
  ["a/B.class", Buffer.alloc(5000, "class")],
  ["data.txt", "some text\n"],
] as const;

/** All that signing takes; changed where a test says so. */
async function optionsOf(
  variant: Partial<Variant>,
  more: Partial<SignJarOptions> = {},
): Promise<SignJarOptions> {
  const { intermediateCertificate, rootCertificate } = emulator();
  return {
    policy: await signpath().policy(`demo/${variant.slug ?? "rsa-2048"}`),
    hash: variant.hash,
    padding: variant.padding,
    certificates: [intermediateCertificate, rootCertificate],
    // jarsigner -strict wants a certificate that it knows.
    includeRoot: true,
    ...more,
  };
}

const keys = VARIANTS.filter(({ hash }) => hash === "SHA-256");
for (const key of keys) {
  proves(
    `signs with demo/${key.slug}, ${key.name} and each hash what jarsigner accepts strictly`,
    provenBy(key.slug, key.name),
    async () => {
      const archive = await zipOf(FILES);
      const signEach = HASHES.map(async (hash) => {
        const signed = await signJarBytes(archive, await optionsOf({ ...key, hash }));
        const { isGood, output } = await jarsigner.verify(signed);
        expect(output).toContain(`Digest algorithm: ${hash}`);
        expect(output).toContain(`CN=${key.slug}`);
        expect(output).not.toContain("POSIX");
        expect(isGood, output).toBe(true);
      });
      await Promise.all(signEach);
    },
    60_000,
  );
}

for (const variant of KINDS) {
  proves(
    `jarsigner rejects what was changed after it was signed by ${titleOf(variant)}`,
    provenBy(variant.slug, variant.name),
    async () => {
      const signed = await signJarBytes(await zipOf(FILES), await optionsOf(variant));
      const block = `META-INF/SIGNPATH.${variant.name === "ECDSA" ? "EC" : "RSA"}`;
      expect((await jarsigner.verify(await withContent(signed, {}))).isGood).toBe(true);
      const reject = ["data.txt", "META-INF/MANIFEST.MF", "META-INF/SIGNPATH.SF", block].map(async (name) => {
        const changed = await withContent(signed, { [name]: flipped });
        expect((await jarsigner.verify(changed)).isGood, name).toBe(false);
      });
      await Promise.all(reject);
      const added = await zipOf([
        ["META-INF/MANIFEST.MF", await contentOf(signed, "META-INF/MANIFEST.MF")],
        ["META-INF/SIGNPATH.SF", await contentOf(signed, "META-INF/SIGNPATH.SF")],
        [block, await contentOf(signed, block)],
        ["a/B.class", await contentOf(signed, "a/B.class")],
        ["data.txt", "some text\n"],
        ["added.txt", "by somebody else"],
      ]);
      expect((await jarsigner.verify(added)).isGood, "an entry more").toBe(false);
    },
    60_000,
  );
}

proves("has a timestamp that jarsigner shows", ["RSA PKCS#1"], async () => {
  const options = await optionsOf({}, { timestamp: emulator().timestampUrl });
  const { isGood, output } = await jarsigner.verify(await signJarBytes(await zipOf(FILES), options));
  expect(isGood, output).toBe(true);
  expect(output).toMatch(/Timestamped by ".*CN=SignPath Emulator Timestamp Authority"/);
});

proves(
  "the digest of an entry is checked even where only its section of the manifest is signed",
  [],
  async () => {
    const signed = await signJarBytes(await zipOf(FILES), await optionsOf({}));
    const withMore = await withContent(signed, {
      "META-INF/MANIFEST.MF": (content) =>
        Buffer.concat([content, Buffer.from("Name: z/\r\nSealed: true\r\n\r\n")]),
    });
    // The digest of the whole manifest no longer holds, those of the main attributes and the sections do.
    const good = await jarsigner.verify(withMore);
    expect(good.isGood, good.output).toBe(true);
    const changedMain = await withContent(withMore, {
      "META-INF/MANIFEST.MF": (content) => Buffer.from(content.toString().replace("a.B", "a.C")),
    });
    expect((await jarsigner.verify(changedMain)).isGood).toBe(false);
    const changedSection = await withContent(withMore, {
      "META-INF/MANIFEST.MF": (content) =>
        Buffer.from(content.toString().replace("Name: data.txt\r\n", "Name: data.txt\r\nX: y\r\n")),
    });
    expect((await jarsigner.verify(changedSection)).isGood).toBe(false);
  },
);

describe("a JAR file by the JDK's jar", () => {
  const folder = temporaryFolder();

  testWith(
    ["jarsigner", "JDK"],
    "of several releases runs, is listed and verifies when it is signed",
    async () => {
      const jar = pathOf("jarsigner").replace(/jarsigner(?=(\.exe)?$)/, "jar");
      const write = async (path: string, text: string): Promise<void> => {
        await mkdir(dirname(join(folder, path)), { recursive: true });
        await writeFile(join(folder, path), text);
      };
      const source = (text: string): string =>
        `public class Main { public static void main(String[] a) { System.out.println("${text}"); } }`;
      await write("old/Main.java", source("old"));
      await write("new/Main.java", source("new"));
      const java = promisify(execFile);
      for (const release of ["old", "new"])
        await java(
          pathOf("JDK").replace(/java(?=(\.exe)?$)/, "javac"),
          ["-d", release, `${release}/Main.java`],
          { cwd: folder },
        );
      await write("nested/inner.jar", "");
      await writeFile(join(folder, "nested/inner.jar"), await zipOf(FILES));
      await java(
        jar,
        [
          "--create",
          "--file",
          "app.jar",
          "--main-class",
          "Main",
          "-C",
          "old",
          "Main.class",
          "-C",
          "nested",
          "inner.jar",
        ].concat(["--release", "17", "-C", "new", "Main.class"]),
        { cwd: folder },
      );
      const path = join(folder, "app.jar");
      const listed = await java(jar, ["--list", "--file", path]);
      const result = await signJar(path, await optionsOf({}));
      expect(result).toEqual({ path, entries: 3, manifestChanged: true, kept: [], replaced: [] });
      const signed = await readFile(path);
      const { isGood, output } = await jarsigner.verify(signed);
      expect(isGood, output).toBe(true);
      expect((await contentOf(signed, "META-INF/MANIFEST.MF")).toString()).toContain("Multi-Release: true");
      expect((await java(pathOf("JDK"), ["-jar", path])).stdout.trim()).toBe("new");
      const listedAfter = (await java(jar, ["--list", "--file", path])).stdout.split("\n");
      const added = listedAfter.filter((line) => !listed.stdout.split("\n").includes(line));
      expect(added).toEqual(["META-INF/SIGNPATH.SF", "META-INF/SIGNPATH.RSA"]);
    },
  );

  testWith("python-cose", "is one that Python's zipfile finds whole", async () => {
    const path = await jarsigner.save(await signJarBytes(await zipOf(FILES), await optionsOf({})));
    const test = await run(pathOf("python-cose"), ["-m", "zipfile", "-t", path]);
    expect(test).toMatchObject({ status: 0, stdout: "Done testing\n" });
  });
});

describe("signJarBytes", () => {
  it("sends one hash, of 16 at once one each", async () => {
    const archive = await zipOf(FILES);
    const options = await optionsOf({});
    const before = sentTo(emulator());
    const signed = await Promise.all(Array.from({ length: 16 }, () => signJarBytes(archive, options)));
    expect(sentTo(emulator()) - before).toBe(16);
    const names = (await entriesOf(signed[7] ?? archive)).map(({ filename }) => filename);
    expect(names).toEqual([
      ...["META-INF/", "META-INF/MANIFEST.MF", "META-INF/SIGNPATH.SF", "META-INF/SIGNPATH.RSA"],
      ...["a/", "a/B.class", "data.txt"],
    ]);
    for (const each of signed) expect(each.byteLength).toBe(signed[0]?.byteLength);
  });

  it("signs the bytes as they are at the call", async () => {
    const archive = await zipOf(FILES);
    const options = await optionsOf({});
    const signing = signJarBytes(archive, options);
    archive.fill(0);
    expect((await contentOf(await signing, "data.txt")).toString()).toBe("some text\n");
  });

  it("takes the hash of an EC key's curve where none is named", async () => {
    const signed = await signJarBytes(await zipOf(FILES), await optionsOf({ slug: "p-521" }));
    expect((await contentOf(signed, "META-INF/SIGNPATH.SF")).toString()).toContain(
      "SHA-512-Digest-Manifest: ",
    );
  });

  const refusals: readonly [string, Partial<Variant>, object, string][] = [
    ["SHA-1", {}, { hash: "SHA-1" }, "ALGORITHM_NOT_SUPPORTED"],
    ["an unknown hash", {}, { hash: "MD5" }, "ALGORITHM_NOT_SUPPORTED"],
    ["a padding of an EC key", { slug: "p-256" }, { padding: "pss" }, "ALGORITHM_NOT_SUPPORTED"],
    ["an unknown padding", {}, { padding: "oaep" }, "ALGORITHM_NOT_SUPPORTED"],
    ["a signature name that is too long", {}, { signatureName: "NINECHARS" }, "CONFIG_INVALID"],
    ["a signature name with a slash", {}, { signatureName: "../A" }, "CONFIG_INVALID"],
    ["no signature name", {}, { signatureName: "" }, "CONFIG_INVALID"],
    ["an unknown choice about other signatures", {}, { existing: "drop" }, "CONFIG_INVALID"],
    ["certificates that are none", {}, { certificates: ["no PEM"] }, "CONFIG_INVALID"],
  ];
  for (const [title, variant, more, code] of refusals) {
    it(`refuses ${title} before anything is sent`, async () => {
      const options = await optionsOf(variant, more);
      const before = sentTo(emulator());
      const error = await codedFailureOf(signJarBytes(await zipOf(FILES), options));
      expect(error.code).toBe(code);
      expect(sentTo(emulator())).toBe(before);
    });
  }

  it("refuses what is no policy, no signal and no source with a TypeError", async () => {
    const options = await optionsOf({});
    const archive = await zipOf(FILES);
    const wrong = (value: unknown): never => value as never;
    expect(await failureOf(signJarBytes(wrong("path.jar"), options))).toBeInstanceOf(TypeError);
    expect(await failureOf(signJarBytes(archive, { ...options, policy: wrong({}) }))).toBeInstanceOf(
      TypeError,
    );
    expect(await failureOf(signJarBytes(archive, { ...options, signal: wrong({}) }))).toBeInstanceOf(
      TypeError,
    );
    expect(await failureOf(signJar(wrong(undefined), options))).toBeInstanceOf(TypeError);
    expect(await failureOf(signJar("a.jar", { ...options, out: wrong(1) }))).toBeInstanceOf(TypeError);
  });

  it("ends with ABORTED when its signal fires, before and while it reads", async () => {
    const archive = await zipOf(FILES);
    const before = sentTo(emulator());
    const aborted = await optionsOf({}, { signal: AbortSignal.abort(new Error("no more")) });
    expect((await codedFailureOf(signJarBytes(archive, aborted))).code).toBe("ABORTED");
    const controller = new AbortController();
    const options = await optionsOf({}, { signal: controller.signal });
    const signing = signJarBytes(await zipOf([["zeros", Buffer.alloc(32 * 1024 * 1024)]]), options);
    setTimeout(() => controller.abort(), 5);
    expect((await codedFailureOf(signing)).code).toBe("ABORTED");
    expect(sentTo(emulator())).toBe(before);
  });
});

it.each(titled(KINDS))("makes a block of the key's type by %s", async (_title, variant) => {
  const signed = await signJarBytes(
    await zipOf(FILES),
    await optionsOf(variant, { signatureName: "mine-1" }),
  );
  const names = (await entriesOf(signed)).map(({ filename }) => filename);
  expect(names).toContain("META-INF/MINE-1.SF");
  expect(names).toContain(`META-INF/MINE-1.${variant.name === "ECDSA" ? "EC" : "RSA"}`);
});

proves("examples/jar.mjs makes and signs one that jarsigner accepts", ["P-256"], async () => {
  const cwd = temporaryFolder();
  const issuers = join(cwd, "issuers.pem");
  const { intermediateCertificate, rootCertificate, environment } = emulator();
  await writeFile(issuers, intermediateCertificate + rootCertificate);
  const path = join(cwd, "hello.jar");
  await writeFile(path, await zipOf(FILES));
  const example = join(import.meta.dirname, "../../examples/jar.mjs");
  const signed = await run(process.execPath, [example, path, "demo/p-256", issuers], {
    cwd,
    env: { ...process.env, ...environment },
  });
  expect(signed).toMatchObject({ status: 0, stderr: "" });
  const { isGood, output } = await jarsigner.verify(await readFile(path));
  expect(isGood, output).toBe(true);
  const own = await run(process.execPath, [example], { cwd, env: { ...process.env, ...environment } });
  expect(own).toMatchObject({ status: 0, stdout: expect.stringContaining("hello.jar: entries signed: 1,") });
});
