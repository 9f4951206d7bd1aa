import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join, resolve } from "node:path";
import type { Command } from "commander";
import type { EmulatorFacts } from "../demo/emulator-process.js";
import type { DemoResult } from "../demo/run.js";
import type { Samples } from "../demo/samples.js";
import { isSystemError, unwritable } from "../errors/cli-error.js";
import { exitCodeOf } from "../errors/exit-codes.js";
import { duration } from "../shell/duration.js";
import { visible } from "../shell/output.js";
import type { Outcome, OutputFlags, Session } from "../shell/session.js";
import { table } from "../shell/table.js";
import { makePlan } from "../sign/plan.js";

interface DemoFlags extends OutputFlags {
  readonly out?: string;
  readonly keep?: boolean;
}

const AFTER = `
It starts the emulator in a process of its own, signs the files with an RSA and an EC key,
each as CMS, as CMS with unmodified pkijs, and as a raw signature, and has each signature
verified: by openssl where it is installed, else by Node. The signatures stay in a folder
that it names. No account is needed, and nothing leaves this machine.

Examples:
  signpath demo
  signpath demo setup.msi --out demo-output`;

export function registerDemo(program: Command, session: Session): void {
  program
    .command("demo")
    .argument("[file...]", "files to sign (default: this package's README and 64 MiB of random bytes)")
    .summary("sign something with the emulator, and verify it")
    .description("Shows signing from end to end, against an emulator of SignPath.")
    .option("--out <dir>", "folder for the signatures (default: a new one for temporary files)")
    .option("--keep", "keep the 64 MiB file as well")
    .option("--json", "one line of JSON per event on stdout, the last one a summary")
    .addHelpText("after", AFTER)
    .action((files: string[], flags: DemoFlags) => session.perform(flags, () => demo(session, files, flags)));
}

async function demo(session: Session, files: readonly string[], flags: DemoFlags): Promise<Outcome> {
  const { signal } = session.interruption;
  await refuseUnreadable(files);
  const folder = await folderFor(flags.out);
  try {
    const samples = await samplesFor(files, folder, signal);
    try {
      const outcome = await withEmulator(session, folder, samples.paths);
      if (samples.large !== undefined && !flags.keep)
        session.output.talk("", `${samples.large} is removed: --keep keeps it.`);
      return outcome;
    } finally {
      if (!flags.keep) await samples.remove();
    }
  } catch (error) {
    // Nobody was told its name.
    if (flags.out === undefined) await rm(folder, { recursive: true, force: true });
    throw error;
  }
}

async function refuseUnreadable(files: readonly string[]): Promise<void> {
  for (const file of files) {
    const [problem] = (await makePlan([{ file: resolve(file) }], { format: "cms", jobs: 1, progress: true }))
      .unreadable;
    if (problem !== undefined) throw problem.error;
  }
}

async function folderFor(out: string | undefined): Promise<string> {
  try {
    if (out === undefined) return await mkdtemp(join(tmpdir(), "signpath-demo-"));
    await mkdir(out, { recursive: true });
    return resolve(out);
  } catch (error) {
    throw unwritable(out ?? tmpdir(), error);
  }
}

async function samplesFor(files: readonly string[], folder: string, signal: AbortSignal): Promise<Samples> {
  if (files.length > 0) return { paths: files.map((file) => resolve(file)), remove: () => Promise.resolve() };
  const { makeSamples } = await import("../demo/samples.js");
  return makeSamples(folder, signal).catch((error: unknown) => {
    throw isSystemError(error) ? unwritable(folder, error) : error;
  });
}

async function withEmulator(session: Session, folder: string, paths: readonly string[]): Promise<Outcome> {
  // What this shell is set up for is not meant for the emulator.
  for (const name of Object.keys(process.env))
    if (/^SIGNPATH_(?!DEBUG$)/i.test(name)) delete process.env[name];
  const { startEmulatorProcess } = await import("../demo/emulator-process.js");
  session.output.talk("The emulator starts in a process of its own ...");
  const emulator = await startEmulatorProcess(session.interruption.signal);
  try {
    return await signAll(session, folder, paths, emulator.facts);
  } finally {
    await emulator.close();
  }
}

async function signAll(
  session: Session,
  folder: string,
  paths: readonly string[],
  facts: EmulatorFacts,
): Promise<Outcome> {
  const { output, interruption } = session;
  const [{ SignPath }, { demonstrate }, { findVerifier, cmsArguments }] = await Promise.all([
    import("../../signpath.js"),
    import("../demo/run.js"),
    import("../demo/verifier.js"),
  ]);
  const { rootCertificate, intermediateCertificate, apiUrl, organizationId, environment } = facts;
  const authorityFile = join(folder, "ca.pem");
  await writeFile(authorityFile, rootCertificate + intermediateCertificate).catch((error: unknown) => {
    throw unwritable(authorityFile, error);
  });
  const verifier = await findVerifier({ authorityFile, rootCertificate, folder });
  output.talk(`${paths.length === 1 ? "1 file" : `${paths.length} files`}, 2 keys, 3 formats ...`);
  const client = new SignPath({
    apiUrl,
    organizationId,
    apiToken: environment.SIGNPATH_API_TOKEN,
    proxy: false,
  });
  const results: DemoResult[] = [];
  try {
    const { signal } = interruption;
    for await (const result of demonstrate(client, paths, {
      folder,
      intermediateCertificate,
      verifier,
      signal,
    })) {
      results.push(result);
      const { defect, ms, ...rest } = result;
      output.event({ event: "signed", ...rest, ms: Math.round(ms), verified: defect === undefined, defect });
    }
  } finally {
    if (!interruption.signal.aborted) await client.close();
  }
  const unverified = results.filter(({ defect }) => defect !== undefined);
  if (!output.json) output.data(table([HEADS, ...results.map(row)]));
  for (const { output: file, defect } of unverified) output.talk(`error: ${visible(`${file}: ${defect}`)}`);
  const [sample] = results;
  if (sample !== undefined) {
    const args = cmsArguments(sample.file, sample.output, authorityFile);
    output.talk(
      "",
      `The signatures are in ${visible(folder)}. To check one by hand:`,
      "",
      `  ${shell("openssl", ...args)}`,
    );
  }
  const verified = results.length - unverified.length;
  const exitCode = unverified.length === 0 ? 0 : exitCodeOf("VERIFICATION_FAILED");
  return { exitCode, summary: { folder, signed: results.length, verified } };
}

const HEADS = ["FILE", "FORMAT", "ALGORITHM", "BYTES", "TIME", "VERIFIED BY"];

const FORMATS: Readonly<Record<DemoResult["format"], string>> = {
  cms: "CMS",
  pkijs: "CMS, plain pkijs",
  raw: "raw",
};

function row({ file, format, algorithm, bytes, ms, verifiedBy, defect }: DemoResult): string[] {
  const verdict = defect === undefined ? verifiedBy : `NOT VERIFIED (${verifiedBy})`;
  return [visible(basename(file)), FORMATS[format], algorithm, String(bytes), duration(ms), verdict];
}

function shell(...words: readonly string[]): string {
  return words
    .map((word) => (/^[\w./:=-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`))
    .join(" ");
}
