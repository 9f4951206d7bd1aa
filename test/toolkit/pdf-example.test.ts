import { readFileSync } from "node:fs";
import { mkdir, readFile, symlink, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { describe, expect } from "vitest";
import { OpensslCms } from "../cms/support.js";
import { useEmulator } from "../support/emulator.js";
import { run } from "../support/run.js";
import { temporaryFolder } from "../support/temporary.js";
import { testWith } from "../support/verifiers.js";
import { good, pdfsig, plainPdf, signaturesIn } from "./pdf-support.js";

describe("a person with a PDF file", () => {
  const emulator = useEmulator();
  const cms = new OpensslCms(emulator);

  /** Runs a program, which must end well and quietly, and gives the file that it made. */
  const signedBy = async (
    folder: string,
    program: string,
    args: readonly string[] = [],
    more = {},
  ): Promise<Buffer> => {
    const env = { ...process.env, ...emulator().environment, ...more };
    const result = await run(process.execPath, [program, ...args], { cwd: folder, env });
    expect(result).toMatchObject({ status: 0, stderr: "" });
    return readFile(join(folder, "signed.pdf"));
  };
  const openssl = async (pdf: Buffer): Promise<void> => {
    for (const { cms: signature, covered } of signaturesIn(pdf))
      expect(await cms.verify(signature, covered, "-cades", "-purpose", "any")).toEqual(covered);
  };

  testWith(["pdfsig", "openssl"], "runs the ten lines of docs/toolkits.md", async () => {
    const [, source] =
      /^### \/pdf$.*?^```js\n(.*?)^```$/ms.exec(readFileSync("docs/toolkits.md", "utf8")) ?? [];
    if (source === undefined) throw new Error("docs/toolkits.md has no program for /pdf");
    const folder = temporaryFolder();
    await mkdir(join(folder, "node_modules"));
    await symlink(resolve("."), join(folder, "node_modules/signpath-webcrypto"));
    await symlink(resolve("node_modules/@signpdf"), join(folder, "node_modules/@signpdf"));
    await writeFile(join(folder, "issuers.pem"), emulator().intermediateCertificate);
    await writeFile(join(folder, "document.pdf"), await plainPdf());
    await writeFile(join(folder, "recipe.mjs"), source);
    const signed = await signedBy(folder, "recipe.mjs");
    expect(await pdfsig(signed)).toEqual([good("rsa-2048", "SHA-256")]);
    await openssl(signed);
  });

  testWith(["pdfsig", "openssl"], "runs pdf.mjs, which makes a page or appends to a file", async () => {
    const [folder, program] = [temporaryFolder(), resolve("examples/pdf.mjs")];
    const made = await signedBy(folder, program, ["demo/p-384"], {
      SIGNPATH_TIMESTAMP_URLS: emulator().timestampUrl,
    });
    expect(await pdfsig(made)).toEqual([good("p-384", "SHA-384")]);
    const [document, issuers] = [join(folder, "document.pdf"), join(folder, "issuers.pem")];
    await writeFile(document, await plainPdf());
    await writeFile(issuers, emulator().intermediateCertificate);
    const first = await signedBy(folder, program, ["demo/rsa-4096", document, issuers]);
    await writeFile(document, first);
    const second = await signedBy(folder, program, ["demo/p-521", document, issuers]);
    expect(await pdfsig(second)).toEqual([
      { ...good("rsa-4096", "SHA-256"), isTotal: false },
      good("p-521", "SHA-512"),
    ]);
    await openssl(second);
  });
});
