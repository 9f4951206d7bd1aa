import { chmod, mkdir, readdir, readFile, stat, symlink, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { describe, expect, it } from "vitest";
import type { SignExecutableFileOptions } from "../../../src/toolkit/authenticode/index.js";
import {
  attachSignatureToFile,
  extractSignature,
  signExecutable,
  signExecutableFile,
} from "../../../src/toolkit/authenticode/index.js";
import { sentTo, useSignPath } from "../../cms/support.js";
import { useEmulator } from "../../support/emulator.js";
import { codedFailureOf, failureOf } from "../../support/failure.js";
import { temporaryFolder } from "../../support/temporary.js";
import { testWith } from "../../support/verifiers.js";
import { MICROSOFT, makeImage, withoutSignature } from "./images.js";
import { Osslsigncode, turned } from "./osslsigncode.js";

describe("the file of an executable", () => {
  const emulator = useEmulator();
  const signpath = useSignPath(emulator);
  const osslsigncode = new Osslsigncode(emulator);
  const optionsOf = async (
    more: Partial<SignExecutableFileOptions> = {},
  ): Promise<SignExecutableFileOptions> => ({
    policy: await signpath().policy("demo/rsa-2048"),
    certificates: [emulator().intermediateCertificate],
    ...more,
  });
  const newFile = async (image: Uint8Array = makeImage()): Promise<{ folder: string; path: string }> => {
    const folder = temporaryFolder();
    const path = join(folder, "app.exe");
    await writeFile(path, image);
    return { folder, path };
  };

  testWith("osslsigncode", "is signed in place, as its bytes are, and keeps its mode", async () => {
    // Longer than what is read at once, and of an odd length.
    const image = makeImage({ sections: [700, 2_500_000], overlay: Buffer.from("payload") });
    for (const nested of [false, true]) {
      const { folder, path } = await newFile(image);
      await chmod(path, 0o750);
      await signExecutableFile(path, await optionsOf());
      await signExecutableFile(pathToFileURL(path), await optionsOf({ nested, pageHashes: true }));
      const signed = await readFile(path);
      expect((await osslsigncode.verify(signed)).signatures).toBe(nested ? 2 : 1);
      expect(withoutSignature(signed).subarray(0, image.length).equals(withoutSignature(image))).toBe(true);
      expect((await stat(path)).mode & 0o777).toBe(0o750);
      expect(await readdir(folder)).toEqual(["app.exe"]);
      // RSA PKCS#1 is deterministic.
      const inMemory = await signExecutable(image, await optionsOf({ pageHashes: true }));
      if (!nested) expect(signed.equals(inMemory)).toBe(true);
    }
  });

  testWith("osslsigncode", "stays as it is where the result goes elsewhere, and behind a link", async () => {
    const { folder, path } = await newFile(MICROSOFT);
    const output = join(folder, "signed.exe");
    await signExecutableFile(path, await optionsOf({ output }));
    expect(MICROSOFT.equals(await readFile(path))).toBe(true);
    expect((await osslsigncode.verify(await readFile(output))).signatures).toBe(1);
    const link = join(folder, "link.exe");
    await symlink("app.exe", link);
    await signExecutableFile(link, await optionsOf());
    expect((await readFile(path)).equals(await readFile(output))).toBe(true);
    expect((await readdir(folder)).sort()).toEqual(["app.exe", "link.exe", "signed.exe"]);
  });

  it("may be larger than what Node reads at once, and its signature is read from there", async () => {
    const { path } = await newFile(await signExecutable(makeImage(), await optionsOf()));
    const signature = await extractSignature(path);
    expect(signature).toEqual(await extractSignature(await readFile(path)));
    const large = (await newFile()).path;
    await truncate(large, 2 ** 31 + 8);
    expect(await extractSignature(pathToFileURL(large))).toBeUndefined();
  });

  it("stays as it is where it cannot be signed, and nothing else is left", async () => {
    const image = makeImage();
    const { folder, path } = await newFile(image);
    emulator().addFault({ kind: "status", status: 403, route: "signingRequests", count: 1 });
    const controller = new AbortController();
    controller.abort();
    const failures = [
      await codedFailureOf(signExecutableFile(path, await optionsOf())),
      await codedFailureOf(signExecutableFile(path, await optionsOf({ signal: controller.signal }))),
      await codedFailureOf(
        signExecutableFile(
          path,
          await optionsOf({ timestamp: { authorities: ["http://127.0.0.1:1/"], retries: 0 } }),
        ),
      ),
    ];
    expect(failures.map(({ code }) => code)).toEqual(["FORBIDDEN", "ABORTED", "TIMESTAMP_FAILED"]);
    expect(await failureOf(signExecutableFile(join(folder, "none"), await optionsOf()))).toMatchObject({
      code: "ENOENT",
    });
    const output = join(folder, "no", "folder.exe");
    expect(await failureOf(signExecutableFile(path, await optionsOf({ output })))).toMatchObject({
      code: "ENOENT",
    });
    await mkdir(join(folder, "folder"));
    expect(await failureOf(signExecutableFile(join(folder, "folder"), await optionsOf()))).toBeInstanceOf(
      Error,
    );
    expect(await readFile(path)).toEqual(image);
    expect((await readdir(folder)).sort()).toEqual(["app.exe", "folder"]);
  });

  testWith("osslsigncode", "takes the signature of an equal file, and of no other", async () => {
    const image = makeImage();
    const signature = await extractSignature(await signExecutable(image, await optionsOf()));
    const before = sentTo(emulator());
    const { path } = await newFile(image);
    await attachSignatureToFile(path, signature ?? Buffer.of());
    expect((await osslsigncode.verify(await readFile(path))).signatures).toBe(1);
    const other = await newFile(turned(image, 600));
    const error = await codedFailureOf(attachSignatureToFile(other.path, signature ?? Buffer.of()));
    expect(error).toMatchObject({
      code: "REQUEST_REJECTED",
      message: expect.stringContaining("another file"),
    });
    expect(await readFile(other.path)).toEqual(turned(image, 600));
    expect(sentTo(emulator())).toBe(before);
  });
});
