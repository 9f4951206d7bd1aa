import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { sign } from "@electron/windows-sign";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { isSignPathError } from "../../../src/base/errors.js";
import type { SignHookOptions } from "../../../src/toolkit/authenticode/index.js";
import { createSignHook } from "../../../src/toolkit/authenticode/index.js";
import { sentTo, useSignPath } from "../../cms/support.js";
import { useEmulator } from "../../support/emulator.js";
import { temporaryFolder } from "../../support/temporary.js";
import { toolkitTest } from "../../support/toolkit-row.js";
import { makeImage } from "./images.js";
import { Osslsigncode, turned, VARIANTS } from "./osslsigncode.js";

const proves = toolkitTest({
  subpath: "/authenticode",
  toolkit: "@electron/windows-sign",
  use: "`hookFunction: createSignHook({ policy })`",
  verifiers: ["osslsigncode"],
  verifiedBy: ["`osslsigncode verify`"],
});

describe("@electron/windows-sign", () => {
  const emulator = useEmulator();
  const signpath = useSignPath(emulator);
  const osslsigncode = new Osslsigncode(emulator);
  const optionsOf = (more: Partial<SignHookOptions> = {}): SignHookOptions => ({
    client: signpath(),
    policy: "demo/rsa-2048",
    certificates: [emulator().intermediateCertificate],
    ...more,
  });

  for (const { slug, hash, proves: algorithm } of VARIANTS) {
    proves(
      `signs a file by demo/${slug} with ${hash}, and no copy that was tampered with`,
      algorithm,
      async () => {
        const file = join(temporaryFolder(), "app.exe");
        await writeFile(file, makeImage());
        const about = { description: "App", url: "https://app.example/" };
        const hookFunction = createSignHook(optionsOf({ policy: `demo/${slug}`, hash, ...about }));
        await sign({ files: [file], hookFunction });
        const signed = await readFile(file);
        const { text, signatures } = await osslsigncode.verify(signed);
        expect(signatures).toBe(1);
        expect(text).toContain("Text description: App");
        expect(await osslsigncode.rejects(turned(signed, 700))).toBe(true);
      },
    );
  }

  proves(
    "signs all of an app, equal files with one request and signed ones not again",
    "RSA PKCS#1",
    async () => {
      const appDirectory = temporaryFolder();
      const names = ["app.exe", "ffmpeg.dll", "resources/addon.node", "resources/copy.dll"];
      await mkdir(join(appDirectory, "resources"));
      for (const [index, name] of names.entries())
        await writeFile(join(appDirectory, name), makeImage({ sections: [100 + Math.min(index, 2) * 600] }));
      await writeFile(join(appDirectory, "resources/app.asar"), "no executable");
      const before = sentTo(emulator());
      const hookFunction = createSignHook(optionsOf());
      await sign({ appDirectory, hookFunction });
      await sign({ appDirectory, hookFunction });
      for (const name of names)
        expect((await osslsigncode.verify(await readFile(join(appDirectory, name)))).signatures).toBe(1);
      expect(sentTo(emulator()) - before).toBe(3);
    },
  );

  it("goes on after a file that cannot be signed, and the hook tells of it", async () => {
    const folder = temporaryFolder();
    const files = ["setup.msi", "app.exe"].map((name) => join(folder, name));
    await writeFile(
      files[0] ?? "",
      Buffer.concat([Buffer.from("d0cf11e0a1b11ae1", "hex"), Buffer.alloc(600)]),
    );
    await writeFile(files[1] ?? "", makeImage());
    const failures: unknown[] = [];
    const onFailure = (error: unknown, file: string): void => {
      failures.push([file, isSignPathError(error) && error.code]);
    };
    await sign({ files, hookFunction: createSignHook(optionsOf({ onFailure })) });
    expect(failures).toEqual([[files[0], "REQUEST_REJECTED"]]);
    expect((await readFile(files[1] ?? "")).equals(makeImage())).toBe(false);
  });

  it("ends the process with 1 after a file that cannot be signed, where nobody listens", async () => {
    const file = join(temporaryFolder(), "app.exe");
    await writeFile(file, "no executable");
    const code = process.exitCode;
    const warn = vi.spyOn(process, "emitWarning").mockImplementation(() => undefined);
    onTestFinished(() => {
      process.exitCode = code;
      warn.mockRestore();
    });
    await sign({ files: [file], hookFunction: createSignHook(optionsOf()) });
    expect(process.exitCode).toBe(1);
    expect(warn).toHaveBeenCalledWith(expect.stringContaining("app.exe was not signed"), {
      type: "SignPathWarning",
    });
  });

  it("is closed by its own hook, and the next file is signed by a new client", async () => {
    const { apiUrl, apiToken, organizationId } = emulator();
    vi.stubEnv("SIGNPATH_API_URL", apiUrl);
    vi.stubEnv("SIGNPATH_API_TOKEN", apiToken);
    vi.stubEnv("SIGNPATH_ORGANIZATION_ID", organizationId);
    onTestFinished(() => {
      vi.unstubAllEnvs();
    });
    const folder = temporaryFolder();
    const hook = createSignHook({ policy: "demo/p-256" });
    const before = sentTo(emulator());
    for (const name of ["a.exe", "b.exe"]) {
      const file = join(folder, name);
      await writeFile(file, makeImage({ sections: [name.charCodeAt(0) * 10] }));
      await sign({ files: [file], hookFunction: hook });
      await hook.close();
    }
    expect(sentTo(emulator()) - before).toBe(2);
  });
});
