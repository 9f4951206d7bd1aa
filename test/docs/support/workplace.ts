import { cpSync, mkdirSync, readdirSync, symlinkSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { TextReader, Uint8ArrayWriter, ZipWriter } from "@zip.js/zip.js";
import { PDFDocument } from "pdf-lib";
import manifest from "../../../package.json" with { type: "json" };
import type { EmulatorProcess } from "../../support/emulator-process.js";
import type { RunResult } from "../../support/run.js";
import { run } from "../../support/run.js";
import { temporaryFolder } from "../../support/temporary.js";
import { ROOT } from "./markdown.js";
import type { Program, Shell } from "./plan.js";

/** A reader's folder: the package is installed in it, and the files are there that the documents speak of. */
export interface Workplace {
  readonly folder: string;
  /** Runs a snippet as a module. */
  readonly program: (source: string, program: Program) => Promise<RunResult>;
  /** Runs lines in bash, which ends at the first that fails. */
  readonly shell: (source: string, shell: Shell) => Promise<RunResult>;
}

/** What documents name that a reader has to fill in. */
function filledIn(text: string, folder: string, { timestampUrl }: EmulatorProcess): string {
  return text
    .replace(/https?:\/\/(?:tsa|other)\.example(?=[\s"')]|$)/gm, timestampUrl)
    .replace(/\bmy-project\/p256-release\b/g, "demo/p-256")
    .replace(/\bmy-project\/(?:release-signing|release|test-signing)\b/g, "demo/rsa-2048")
    .replace(/(?<![\w.])\/etc\/(?=[\w-]+\.pem)/g, `${folder}/`);
}

/** Files that have to be well-formed to be signed. */
export interface Materials {
  readonly jar: Uint8Array;
  readonly pdf: Uint8Array;
}

/** Made once for all. */
export async function makeMaterials(): Promise<Materials> {
  const archive = new ZipWriter(new Uint8ArrayWriter());
  await archive.add("a.txt", new TextReader("content"));
  const document = await PDFDocument.create();
  document.addPage();
  const [jar, pdf] = await Promise.all([archive.close(), document.save({ useObjectStreams: false })]);
  return { jar, pdf };
}

export function workplace(emulator: EmulatorProcess, { jar, pdf }: Materials): Workplace {
  const folder = temporaryFolder();
  installPackages(folder);
  const { rootCertificate, intermediateCertificate, apiUrl, organizationId, apiToken } = emulator;
  writeFileSync(join(folder, "root.pem"), rootCertificate);
  writeFileSync(join(folder, "tsa-root.pem"), rootCertificate);
  writeFileSync(join(folder, "issuers.pem"), intermediateCertificate + rootCertificate);
  for (const name of ["app.exe", "setup.exe"])
    cpSync(join(ROOT, "node_modules/@electron/windows-sign/vendor/signtool.exe"), join(folder, name));
  writeFileSync(join(folder, "app.jar"), jar);
  writeFileSync(join(folder, "manual.pdf"), pdf);
  writeFileSync(join(folder, "setup.msi"), Buffer.alloc(100_000, "setup"));
  writeFileSync(join(folder, "disk.img"), Buffer.alloc(3_000_000, "disk"));
  mkdirSync(join(folder, "dist"));
  for (const name of ["a.js", "b.js"]) writeFileSync(join(folder, "dist", name), `// ${name}\n`);
  const env = {
    PATH: [join(folder, "node_modules/.bin"), process.env["PATH"]].join(delimiter),
    HOME: folder,
    NO_COLOR: "1",
    XDG_CACHE_HOME: process.env["XDG_CACHE_HOME"],
    SIGNPATH_API_URL: apiUrl,
    SIGNPATH_ORGANIZATION_ID: organizationId,
    SIGNPATH_API_TOKEN: apiToken,
  };
  return {
    folder,
    program(source, { slug, before = "", after, line }) {
      const taken = line === undefined ? source : `const made = ${source.split("\n")[line]}`;
      const client = `const { SignPath: Client } = await import("signpath-webcrypto"); const client_ = new Client();`;
      const parts = [
        slug === undefined ? "" : `${client} const policy = await client_.policy("demo/${slug}");`,
        ...[before, filledIn(taken, folder, emulator), after],
        slug === undefined ? "" : "await client_.close();",
      ];
      return run(process.execPath, ["--input-type=module", "--eval", parts.join("\n")], { cwd: folder, env });
    },
    shell(source, { before = "", after = "", without = {}, env: more }) {
      const unwanted = Object.values(without);
      const lines = source
        .split("\n")
        .filter((line) => !isInstallation(line) && !unwanted.some((pattern) => pattern.test(line)));
      // What npx would find is in the PATH.
      const script = [`npx() { "$@"; }`, before, filledIn(lines.join("\n"), folder, emulator), after];
      const args = ["--norc", "-euo", "pipefail", "-c", script.join("\n")];
      return run("bash", args, { cwd: folder, env: { ...env, ...more } });
    },
  };
}

/** A line that installs what is installed here already. */
export function isInstallation(line: string): boolean {
  return /^npm install\b/.test(line);
}

/** Links to this package, to its programs and to what it is developed with. */
function installPackages(folder: string): void {
  const modules = join(folder, "node_modules");
  mkdirSync(join(modules, ".bin"), { recursive: true });
  symlinkSync(ROOT, join(modules, manifest.name));
  for (const name of readdirSync(join(ROOT, "node_modules"))) {
    if (!name.startsWith(".")) symlinkSync(join(ROOT, "node_modules", name), join(modules, name));
  }
  for (const [name, path] of Object.entries(manifest.bin))
    symlinkSync(join(ROOT, path), join(modules, ".bin", name));
  writeFileSync(
    join(folder, "package.json"),
    `{ "dependencies": { "${manifest.name}": "${manifest.version}" } }\n`,
  );
}
