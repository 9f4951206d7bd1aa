import { access, mkdir } from "node:fs/promises";
import { dirname, isAbsolute } from "node:path";
import { Unreadable } from "../../config/readers.js";
import { readCertificateFiles } from "../certificates/certificate-files.js";
import { CliError, unwritable, usageError } from "../errors/cli-error.js";
import type { FileDestination } from "../shell/atomic-file.js";
import { openDestination } from "../shell/atomic-file.js";
import { visible } from "../shell/output.js";
import type { Outcome, Session } from "../shell/session.js";
import type { Answers, Platform } from "./answers.js";
import { configText, PLATFORMS } from "./answers.js";
import { checks } from "./checks.js";
import { Dialogue } from "./dialogue.js";
import type { CheckedFlags, InitFlags } from "./flags.js";
import { checkFlags } from "./flags.js";
import { policiesToChooseFrom } from "./policies.js";
import { RECIPES } from "./recipes/index.js";
import type { Recipe } from "./recipes/recipe.js";

/** A file that is to be written. */
interface File {
  readonly path: string;
  readonly text: string;
}

/**
 * Writes a configuration file and a job of a CI, as flags and answers say.
 *
 * @param journal - whether `signpath sign` has one
 */
export async function init(session: Session, flags: InitFlags, journal: boolean): Promise<Outcome> {
  const token = process.env["SIGNPATH_API_TOKEN"];
  const checked = checkFlags(flags, token);
  if (flags.write && (flags.ci === undefined || flags.ci === "none") && !asks(flags))
    throw usageError(`--write is for the job of a CI: add --ci ${PLATFORMS.join("|")}`);
  await readCertificateFiles("--certificates", checked.certificates);
  await refuseExisting([checked.configFile], flags);
  const { answers, ci } = await answersOf(session, flags, checked, token);
  const { configFile } = checked;
  const recipe = ci === undefined ? undefined : RECIPES[ci]({ ...checked, journal });
  if (recipe !== undefined && isAbsolute(configFile))
    throw usageError("--config must be a path in the repository, for the CI to find it");
  const files: File[] = [{ path: configFile, text: configText(answers) }];
  if (recipe !== undefined && flags.write) files.push({ path: recipe.path, text: recipe.text });
  await writeAll(files, flags);
  tell(session, files, recipe, answers, checked);
  return { exitCode: 0, summary: { written: files.map(({ path }) => path) } };
}

/** Whether there is a person to ask. */
function asks({ yes, json }: InitFlags): boolean {
  return !yes && !json && process.stdin.isTTY === true && process.stderr.isTTY === true;
}

async function answersOf(
  session: Session,
  flags: InitFlags,
  checked: CheckedFlags,
  token: string | undefined,
): Promise<{ answers: Answers; ci: Platform | undefined }> {
  const { output, interruption } = session;
  const { projectSlug, signingPolicySlug, apiUrl } = checked;
  const platform = flags.ci === "none" ? undefined : flags.ci;
  if (!asks(flags)) {
    const organizationId = checked.organizationId ?? organizationOfEnvironment(token);
    return { answers: { organizationId, projectSlug, signingPolicySlug, apiUrl }, ci: platform };
  }
  const dialogue = new Dialogue(interruption.signal, (...lines) => output.talk(...lines));
  try {
    const check = checks(token);
    const organizationId =
      checked.organizationId ??
      (await dialogue.ask({
        words: "Id of the organization, from the address of its page in SignPath",
        check: check.organization,
        otherwise: process.env["SIGNPATH_ORGANIZATION_ID"],
      }));
    let slugs = { projectSlug, signingPolicySlug };
    if (signingPolicySlug === undefined) {
      const policies = await policiesToChooseFrom(session, { organizationId, apiUrl });
      slugs = await askForPolicy(dialogue, policies, projectSlug, check.slug);
    }
    const ci =
      flags.ci === undefined ? await dialogue.choose("A job for", [...PLATFORMS, "none"], "none") : flags.ci;
    return {
      answers: { organizationId, apiUrl, ...slugs },
      ci: PLATFORMS.find((each) => each === ci),
    };
  } finally {
    dialogue.close();
  }
}

async function askForPolicy(
  dialogue: Dialogue,
  policies: readonly string[] | undefined,
  project: string | undefined,
  check: (answer: string) => string,
): Promise<{ projectSlug: string | undefined; signingPolicySlug: string | undefined }> {
  const all = policies?.filter((each) => project === undefined || each.startsWith(`${project}/`)) ?? [];
  const [first] = all;
  if (first !== undefined) {
    const [projectSlug = "", signingPolicySlug = ""] = (
      await dialogue.choose("The signing policy", all, first)
    ).split("/");
    // They come from a server, and go to a file.
    return { projectSlug: check(projectSlug), signingPolicySlug: check(signingPolicySlug) };
  }
  const projectSlug = project ?? (await dialogue.ask({ words: "Slug of the project", check, otherwise: "" }));
  if (projectSlug === "") return { projectSlug: undefined, signingPolicySlug: undefined };
  const signingPolicySlug = await dialogue.ask({
    words: "Slug of the signing policy",
    check,
    otherwise: undefined,
  });
  return { projectSlug, signingPolicySlug };
}

function organizationOfEnvironment(token: string | undefined): string {
  const id = process.env["SIGNPATH_ORGANIZATION_ID"];
  if (!id)
    throw usageError(
      "--organization is missing: the id of the organization, a UUID",
      "It stands in the address of the organization's page in SignPath. On a terminal it is asked for.",
    );
  try {
    return checks(token).organization(id);
  } catch (error) {
    throw error instanceof Unreadable ? usageError(`SIGNPATH_ORGANIZATION_ID ${error.message}`) : error;
  }
}

async function refuseExisting(paths: readonly string[], { force }: InitFlags): Promise<void> {
  for (const path of force ? [] : paths) {
    const exists = await access(path).then(
      () => true,
      () => false,
    );
    if (exists) throw usageError(`${visible(path)} is there already`, "--force replaces it.");
  }
}

/** All of them or none: each is opened before the first takes its place. */
async function writeAll(files: readonly File[], flags: InitFlags): Promise<void> {
  await refuseExisting(
    files.map(({ path }) => path),
    flags,
  );
  const open: { destination: FileDestination; text: string }[] = [];
  try {
    for (const [index, { path, text }] of files.entries()) {
      const place = index === 0 ? "--config names another place" : "without --write the job goes to stdout";
      open.push({ destination: await destinationAt(path, place), text });
    }
    for (const { destination, text } of open) await destination.reserve(Buffer.byteLength(text));
    for (const { destination, text } of open) await destination.commit(Buffer.from(text));
  } finally {
    for (const { destination } of open) await destination.discard();
  }
}

/** @param place - what else can be done */
async function destinationAt(path: string, place: string): Promise<FileDestination> {
  try {
    await mkdir(dirname(path), { recursive: true }).catch((error: unknown) => {
      throw unwritable(path, error);
    });
    return await openDestination(path);
  } catch (error) {
    if (!(error instanceof CliError)) throw error;
    const hint = `Check its folder, your permissions and the space that is left; ${place}.`;
    throw new CliError(error.code, error.message, { hint, cause: error.cause });
  }
}

function tell(
  { output }: Session,
  files: readonly File[],
  recipe: Recipe | undefined,
  answers: Answers,
  { timestamps, certificates, configFile }: CheckedFlags,
): void {
  for (const { path } of files) output.event({ event: "written", file: path });
  if (recipe !== undefined) output.event({ event: "recipe", path: recipe.path, text: recipe.text });
  const isWritten = files.some(({ path }) => path === recipe?.path);
  if (recipe !== undefined && !isWritten && !output.json) output.data(recipe.text);
  output.talk(...files.map(({ path }) => `written: ${visible(path)}`));
  if (recipe !== undefined && !isWritten)
    output.talk(`The job belongs into ${recipe.path}; --write puts it there.`);
  const hasPolicy = answers.signingPolicySlug !== undefined;
  output.talk(
    "",
    "What is left to do:",
    ...(recipe?.todo.map((line) => `  ${line}`) ?? []),
    `  Here: export SIGNPATH_CONFIG_FILE=${shellWord(configFile)}`,
    ...(certificates.length > 0
      ? [`        export SIGNPATH_CERTIFICATES=${shellWord(certificates.join(":"))}`]
      : []),
    ...(timestamps.length > 0
      ? [`        export SIGNPATH_TIMESTAMP_URLS=${shellWord(timestamps.join(" "))}`]
      : []),
    "        and SIGNPATH_API_TOKEN, which no file of the project may hold",
    `  Try it: signpath ${hasPolicy ? "certificate" : "policies"}`,
  );
}

function shellWord(text: string): string {
  return /^[\w./:@+~-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}
