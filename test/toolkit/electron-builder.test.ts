import { readFile, writeFile } from "node:fs/promises";
import { delimiter, join } from "node:path";
import { describe, expect, expectTypeOf, it, onTestFinished, vi } from "vitest";
import type {
  CustomWindowsSign,
  CustomWindowsSignTaskConfiguration,
  ElectronBuilderOptions,
} from "../../src/toolkit/electron-builder.js";
import * as module from "../../src/toolkit/electron-builder.js";
import { sentTo, useSignPath } from "../cms/support.js";
import { useEmulator } from "../support/emulator.js";
import { codedFailureOf, failureOf } from "../support/failure.js";
import { temporaryFolder } from "../support/temporary.js";
import { toolkitTest } from "../support/toolkit-row.js";
import { makeImage } from "./authenticode/images.js";
import { Osslsigncode, turned, VARIANTS } from "./authenticode/osslsigncode.js";

const { createSign } = module;

const proves = toolkitTest({
  subpath: "/electron-builder",
  toolkit: "electron-builder's sign hook",
  installedAs: null,
  use: "`createSign({ policy })` as `win.signtoolOptions.sign`",
  verifiers: ["osslsigncode"],
  verifiedBy: ["`osslsigncode verify`"],
});

/** What electron-builder does with a file: one call for each hash, the second one as a nested signature. */
async function signAsElectronBuilder(
  sign: CustomWindowsSign,
  path: string,
  { hashes = ["sha1", "sha256"], name = "App", site = "https://app.example" as string | null } = {},
): Promise<void> {
  let isNest = false;
  for (const hash of hashes) {
    const task = { path, options: { signtoolOptions: {} }, name, site, cscInfo: null, hash, isNest };
    const computeSignToolArgs = (): string[] => expect.fail("there is no signtool");
    await Promise.resolve(sign({ ...task, computeSignToolArgs } as CustomWindowsSignTaskConfiguration, {}));
    isNest = true;
  }
}

describe("electron-builder's hook", () => {
  const emulator = useEmulator();
  const signpath = useSignPath(emulator);
  const osslsigncode = new Osslsigncode(emulator);
  const optionsOf = (more: Partial<ElectronBuilderOptions> = {}): ElectronBuilderOptions => ({
    client: signpath(),
    policy: "demo/rsa-2048",
    certificates: [emulator().intermediateCertificate],
    ...more,
  });
  const newFile = async (image: Uint8Array = makeImage()): Promise<string> => {
    const path = join(temporaryFolder(), "app.exe");
    await writeFile(path, image);
    return path;
  };

  for (const { slug, hash, proves: algorithm } of VARIANTS) {
    proves(
      `signs a file once by demo/${slug} with ${hash}, whatever hashes are asked for`,
      algorithm,
      async () => {
        const path = await newFile();
        const before = sentTo(emulator());
        const sign = createSign(
          optionsOf({ policy: `demo/${slug}`, hash, timestamp: emulator().timestampUrl }),
        );
        await signAsElectronBuilder(sign, path);
        const signed = await readFile(path);
        const { text, ...counts } = await osslsigncode.verify(signed);
        expect(counts).toEqual({ signatures: 1, timestamps: 1 });
        expect(text).toContain("Text description: App");
        expect(text).toContain("URL description: https://app.example");
        expect(await osslsigncode.rejects(turned(signed, 700))).toBe(true);
        expect(sentTo(emulator()) - before).toBe(1);
      },
    );
  }

  proves("signs sixteen files at once, each once, and equal ones with one request", "P-256", async () => {
    const sign = createSign(optionsOf({ policy: "demo/p-256" }));
    const before = sentTo(emulator());
    const images = Array.from({ length: 16 }, (_, index) =>
      makeImage({ sections: [100 + (index % 8) * 600] }),
    );
    const paths = await Promise.all(images.map(newFile));
    await Promise.all([...paths, ...paths].map((path) => signAsElectronBuilder(sign, path)));
    for (const path of paths) expect((await osslsigncode.verify(await readFile(path))).signatures).toBe(1);
    expect(sentTo(emulator()) - before).toBe(8);
  });

  proves(
    "signs what was changed after it was signed, and calls it what it is called",
    "RSA PKCS#1",
    async () => {
      const path = await newFile();
      const sign = createSign(optionsOf({ description: "Ours" }));
      await signAsElectronBuilder(sign, path, { site: null });
      expect((await osslsigncode.verify(await readFile(path))).text).toContain("Text description: Ours");
      await writeFile(path, makeImage({ sections: [4000] }));
      await signAsElectronBuilder(sign, path, { site: "not an address" });
      expect((await osslsigncode.verify(await readFile(path))).text).not.toContain("URL description");
      const other = createSign(optionsOf());
      const [one, two] = [await newFile(), await newFile()];
      await signAsElectronBuilder(other, one, { name: "One" });
      await signAsElectronBuilder(other, two, { name: "Two" });
      expect((await osslsigncode.verify(await readFile(two))).text).toContain("Text description: Two");
    },
  );

  proves("signs with the settings and the build of the environment", "RSA PKCS#1", async () => {
    const { apiUrl, apiToken, organizationId, timestampUrl, intermediateCertificate } = emulator();
    const certificates = join(temporaryFolder(), "issuers.pem");
    await writeFile(certificates, intermediateCertificate);
    const variables = {
      SIGNPATH_API_URL: apiUrl,
      SIGNPATH_API_TOKEN: apiToken,
      SIGNPATH_ORGANIZATION_ID: organizationId,
      SIGNPATH_PROJECT_SLUG: "demo",
      SIGNPATH_SIGNING_POLICY_SLUG: "rsa-3072",
      SIGNPATH_TIMESTAMP_URLS: ` ${timestampUrl} `,
      SIGNPATH_CERTIFICATES: [certificates, ""].join(delimiter),
      GITHUB_RUN_ID: "7",
      GITHUB_SERVER_URL: "https://git.example",
      GITHUB_REPOSITORY: "app/app",
      GITHUB_SHA: "c0ffee",
      GITHUB_JOB: "release",
    };
    for (const [name, value] of Object.entries(variables)) vi.stubEnv(name, value);
    onTestFinished(() => {
      vi.unstubAllEnvs();
    });
    const path = await newFile();
    await signAsElectronBuilder(module.sign, path);
    await module.sign.close();
    expect(await osslsigncode.verify(await readFile(path))).toMatchObject({ signatures: 1, timestamps: 1 });
    const { signingPolicySlug, metadata } = emulator().signingRequests.at(-1) ?? {};
    expect(signingPolicySlug).toBe("rsa-3072");
    const told = JSON.stringify(metadata);
    for (const part of ["https://git.example/app/app/actions/runs/7", "c0ffee", "release"])
      expect(told).toContain(part);
  });

  it("is found in the module as electron-builder looks for it", () => {
    expect(module.default).toBe(module.sign);
    // Its type, as app-builder-lib declares it for `sign`.
    type Declared = (configuration: TaskOfElectronBuilder, packager?: object) => Promise<unknown>;
    expectTypeOf<CustomWindowsSign>().toExtend<Declared>();
  });

  it("fails, and signs the file when it is called again", async () => {
    const path = await newFile();
    const sign = createSign(optionsOf({ policy: "demo/p-384" }));
    await signpath().policy("demo/p-384");
    emulator().addFault({ kind: "status", status: 403, route: "signingRequests", count: 1 });
    expect(await codedFailureOf(signAsElectronBuilder(sign, path))).toMatchObject({ code: "FORBIDDEN" });
    expect((await readFile(path)).equals(makeImage())).toBe(true);
    await signAsElectronBuilder(sign, path);
    expect((await readFile(path)).equals(makeImage())).toBe(false);
  });

  it("fails where nothing can be signed, and sends nothing", async () => {
    const path = await newFile(Buffer.concat([Buffer.from("d0cf11e0a1b11ae1", "hex"), Buffer.alloc(600)]));
    const before = sentTo(emulator());
    const refused = [
      codedFailureOf(signAsElectronBuilder(createSign(optionsOf()), path)),
      codedFailureOf(signAsElectronBuilder(createSign(optionsOf({ policy: "demo/none" })), path)),
      codedFailureOf(signAsElectronBuilder(createSign(optionsOf({ padding: "pss" as never })), path)),
      codedFailureOf(signAsElectronBuilder(createSign(optionsOf({ signal: AbortSignal.abort() })), path)),
    ];
    const codes = (await Promise.all(refused)).map(({ code }) => code);
    expect(codes).toEqual(["REQUEST_REJECTED", "POLICY_NOT_FOUND", "ALGORITHM_NOT_SUPPORTED", "ABORTED"]);
    expect(await failureOf(createSign(optionsOf())(undefined as never))).toBeInstanceOf(TypeError);
    expect(await failureOf(createSign(optionsOf())({ path: "no-such-file.exe" }))).toMatchObject({
      code: "ENOENT",
    });
    expect(sentTo(emulator())).toBe(before);
  });
});

/** What electron-builder 26 passes, by its declarations. */
interface TaskOfElectronBuilder {
  readonly path: string;
  readonly options: { readonly signtoolOptions?: object | null };
  readonly name: string;
  readonly site: string | null;
  readonly cscInfo: { readonly file: string; readonly password: string | null } | null;
  resultOutputPath?: string;
  hash: string;
  isNest: boolean;
  computeSignToolArgs(isWin: boolean): string[];
}
