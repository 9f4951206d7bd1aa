import { readFile } from "node:fs/promises";
import { describe, expect } from "vitest";
import type { SignJarOptions } from "../../src/toolkit/jar/index.js";
import { signJar, signJarBytes } from "../../src/toolkit/jar/index.js";
import { sentTo, useSignPath } from "../cms/support.js";
import { useEmulator } from "../support/emulator.js";
import { codedFailureOf } from "../support/failure.js";
import type { File } from "./jar-support.js";
import { contentOf, entriesOf, Jarsigner, proves, withContent, zipOf } from "./jar-support.js";

const emulator = useEmulator();
const signpath = useSignPath(emulator);
const jarsigner = new Jarsigner(emulator);

const MANIFEST = "META-INF/MANIFEST.MF";
const FILES: readonly File[] = [
  [MANIFEST, "Manifest-Version: 1.0\r\nX-Kept: yes\r\n\r\nName: a.txt\r\nX-Of-Entry: one\r\n\r\n"],
  ["a.txt", "first\n"],
  ["b.txt", "second\n"],
];

async function optionsOf(slug: string, more: Partial<SignJarOptions> = {}): Promise<SignJarOptions> {
  const { intermediateCertificate, rootCertificate } = emulator();
  return {
    policy: await signpath().policy(`demo/${slug}`),
    certificates: [intermediateCertificate, rootCertificate],
    includeRoot: true,
    ...more,
  };
}

/** Fails unless jarsigner accepts the archive and names all of the signers. */
async function expectGood(archive: Uint8Array, ...signers: readonly string[]): Promise<void> {
  const { isGood, output } = await jarsigner.verify(archive);
  expect(isGood, output).toBe(true);
  const found = [...output.matchAll(/^- Signed by ".*CN=([^"]*)"/gm)].map(([, name]) => name);
  expect(found.sort()).toEqual([...signers].sort());
}

async function namesIn(archive: Uint8Array): Promise<string[]> {
  return (await entriesOf(archive)).map(({ filename }) => filename);
}

/** The archive with one more file, unsigned. */
async function withFile(archive: Uint8Array, ...file: File): Promise<Uint8Array<ArrayBuffer>> {
  const files: File[] = [];
  for (const name of await namesIn(archive)) files.push([name, await contentOf(archive, name)]);
  return zipOf([...files, file]);
}

describe("a signature of jarsigner", () => {
  proves("stays good beside ours, and the manifest as it is", ["RSA PKCS#1"], async () => {
    const theirs = await jarsigner.sign(await zipOf(FILES));
    const both = await signJarBytes(theirs, await optionsOf("rsa-2048"));
    await expectGood(both, "Other", "rsa-2048");
    expect(await contentOf(both, MANIFEST)).toEqual(await contentOf(theirs, MANIFEST));
    expect((await namesIn(both)).slice(0, 5)).toEqual([
      ...[
        MANIFEST,
        "META-INF/OTHER.SF",
        "META-INF/OTHER.EC",
        "META-INF/SIGNPATH.SF",
        "META-INF/SIGNPATH.RSA",
      ],
    ]);
  });

  proves("stays good where its hash is another one", ["P-384"], async () => {
    const theirs = await jarsigner.sign(await zipOf(FILES), "-digestalg", "SHA-512");
    await expectGood(await signJarBytes(theirs, await optionsOf("p-384")), "Other", "p-384");
  });

  proves(
    "stays good, section by section, where the manifest gets entries that are new",
    ["P-256"],
    async () => {
      const theirs = await withFile(await jarsigner.sign(await zipOf(FILES)), "new.txt", "third\n");
      const both = await signJarBytes(theirs, await optionsOf("p-256"));
      await expectGood(both, "Other", "p-256");
      const [before, after] = [await contentOf(theirs, MANIFEST), await contentOf(both, MANIFEST)];
      expect(after.subarray(0, before.length)).toEqual(before);
      expect(after.subarray(before.length).toString()).toMatch(
        /^Name: new.txt\r\nSHA-256-Digest: \S+\r\n\r\n$/,
      );
    },
  );

  proves("can be added to ours", ["RSA-PSS"], async () => {
    const ours = await signJarBytes(await zipOf(FILES), await optionsOf("rsa-3072", { padding: "pss" }));
    await expectGood(await jarsigner.sign(ours), "Other", "rsa-3072");
  });

  proves("goes with its digests where it is to be replaced", ["P-521"], async () => {
    const theirs = await jarsigner.sign(await zipOf(FILES), "-digestalg", "SHA-256");
    const ours = await signJarBytes(theirs, await optionsOf("p-521", { existing: "replace" }));
    await expectGood(ours, "p-521");
    const manifest = (await contentOf(ours, MANIFEST)).toString();
    expect(manifest).not.toContain("SHA-256");
    expect(manifest).toContain("X-Kept: yes\r\n");
    expect(manifest).toContain("Name: a.txt\r\nX-Of-Entry: one\r\nSHA-512-Digest: ");
    expect((await namesIn(ours)).filter((name) => name.includes("OTHER"))).toEqual([]);
  });

  const harms: readonly [string, (theirs: Uint8Array<ArrayBuffer>) => Promise<Uint8Array<ArrayBuffer>>][] = [
    ["an entry was changed", (theirs) => withContent(theirs, { "b.txt": () => Buffer.from("other\n") })],
    [
      "an entry's attributes were changed",
      (theirs) =>
        withContent(theirs, { [MANIFEST]: (text) => Buffer.from(text.toString().replace("one", "two")) }),
    ],
    [
      "the main attributes were changed",
      (theirs) =>
        withContent(theirs, { [MANIFEST]: (text) => Buffer.from(text.toString().replace("yes", "no!")) }),
    ],
    [
      "an entry's section is gone",
      (theirs) =>
        withContent(theirs, {
          [MANIFEST]: (text) => Buffer.from(text.toString().replace(/Name: a.txt\r\n.*?\r\n\r\n/s, "")),
        }),
    ],
  ];
  for (const [title, harm] of harms) {
    proves(`is not kept where ${title}: nothing is sent, and replacing it helps`, [], async () => {
      const harmed = await harm(await jarsigner.sign(await zipOf(FILES)));
      const options = await optionsOf("rsa-2048");
      const before = sentTo(emulator());
      const error = await codedFailureOf(signJarBytes(harmed, options));
      expect(error.code).toBe("REQUEST_REJECTED");
      expect(error.message).toContain('existing: "replace"');
      expect(sentTo(emulator())).toBe(before);
      await expectGood(await signJarBytes(harmed, { ...options, existing: "replace" }), "rsa-2048");
    });
  }

  proves("of SHA-1 is not kept, because Java trusts its digests no longer", [], async () => {
    const theirs = await jarsigner.sign(await zipOf(FILES), "-digestalg", "SHA-1");
    const options = await optionsOf("rsa-2048");
    expect(await codedFailureOf(signJarBytes(theirs, options))).toMatchObject({
      code: "REQUEST_REJECTED",
      message: expect.stringContaining("no longer trusts"),
    });
    await expectGood(await signJarBytes(theirs, { ...options, existing: "replace" }), "rsa-2048");
  });
});

describe("a signature of ours", () => {
  proves("is made anew where it has the same name, also by a key of another kind", [], async () => {
    const path = await jarsigner.save(await zipOf(FILES));
    const out = `${path}.signed.jar`;
    await signJar(path, { ...(await optionsOf("rsa-2048")), out });
    const again = await signJar(out, await optionsOf("p-384"));
    expect(again).toMatchObject({ path: out, kept: [], replaced: ["SIGNPATH"], manifestChanged: true });
    const third = await signJar(out, { ...(await optionsOf("rsa-4096")), signatureName: "second" });
    expect(third).toMatchObject({ kept: ["SIGNPATH"], replaced: [], manifestChanged: false });
    await expectGood(await readFile(out), "p-384", "rsa-4096");
  });
});

proves("digests in the manifest of an archive without signatures are brought up to date", [], async () => {
  const archive = await zipOf([
    [
      MANIFEST,
      "Manifest-Version: 1.0\nMain-Class: A\n\nName: a.txt\nSHA1-Digest: AAAA\nX: y\nSHA-256-Digest: BBBB\n\nName: gone\nSHA-256-Digest: CCCC\n\nName: com/a/\nSealed: true\n",
    ],
    ["a.txt", "first\n"],
  ]);
  const signed = await signJarBytes(archive, await optionsOf("rsa-2048"));
  await expectGood(signed, "rsa-2048");
  expect((await contentOf(signed, MANIFEST)).toString()).toMatch(
    /^Manifest-Version: 1.0\nMain-Class: A\n\nName: a.txt\nX: y\nSHA-256-Digest: \S{44}\r\n\r\nName: com\/a\/\nSealed: true\n\r\n$/,
  );
});
