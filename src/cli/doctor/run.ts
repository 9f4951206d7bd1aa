import type { Defect } from "../../config/inspection.js";
import { exitCodeOf } from "../errors/exit-codes.js";
import type { Context } from "./context.js";
import type { Finding, Status } from "./finding.js";
import { failureOf } from "./finding.js";
import type { Need, Stage, StageName } from "./stages.js";

/** A finding with where and when it was made. */
export interface Placed extends Finding {
  readonly stage: StageName;
  /** How long the stage took, in milliseconds. */
  readonly ms: number;
  /** The stage that failed first, and hindered this one. */
  readonly dependsOn?: StageName;
}

/** What all stages found. */
export interface Diagnosis {
  readonly findings: readonly Placed[];
  readonly counts: Readonly<Record<Status, number>>;
  /** That of the first error, which is the one to mend first: those after it may come of it. */
  readonly exitCode: number;
}

/**
 * Runs the stages in their order; what stands on something that has failed is skipped, and all the rest goes on.
 *
 * @param tell - is told of each finding as soon as it is made
 * @throws whatever the signal was aborted with
 */
export async function diagnose(
  stages: readonly Stage[],
  context: Context,
  tell: (finding: Placed) => void,
): Promise<Diagnosis> {
  const findings: Placed[] = [];
  const failed = new Map<StageName, StageName>();
  for (const stage of stages) {
    context.signal.throwIfAborted();
    const placed = await runStage(stage, context, failed);
    if (isFailed(placed)) failed.set(stage.name, placed[0]?.dependsOn ?? stage.name);
    for (const finding of placed) tell(finding);
    findings.push(...placed);
  }
  const counts = { ok: 0, warning: 0, error: 0, skipped: 0 };
  for (const { status } of findings) counts[status]++;
  const first = findings.find(({ status }) => status === "error");
  return { findings, counts, exitCode: first === undefined ? 0 : exitCodeOf(first.code) };
}

async function runStage(
  { name, needs, check }: Stage,
  context: Context,
  failed: ReadonlyMap<StageName, StageName>,
): Promise<Placed[]> {
  const hindrance = needs
    .map((need) => hindranceOf(need, context, failed))
    .find((each) => each !== undefined);
  if (hindrance !== undefined) {
    const found = `not checked, because of ${hindrance}`;
    return [{ stage: name, status: "skipped", code: "BLOCKED", found, dependsOn: hindrance, ms: 0 }];
  }
  const begun = performance.now();
  const findings = await made(() => check(context), context.signal);
  const ms = Math.round(performance.now() - begun);
  const { clean } = context.settings;
  return findings.map(({ found, advice, details, ...finding }) => ({
    stage: name,
    ...finding,
    found: clean(found),
    ...(advice !== undefined && { advice: clean(advice) }),
    ...(details !== undefined && { details: cleaned(details, clean) }),
    ms,
  }));
}

function cleaned<T>(details: T, clean: (text: string) => string): T {
  const text = JSON.stringify(details, (_name, value: unknown) =>
    typeof value === "string" ? clean(value) : value,
  );
  return JSON.parse(text) as T;
}

/** A check that fails itself is a finding, too: the others go on. */
async function made(
  work: () => ReturnType<Stage["check"]>,
  signal: AbortSignal,
): Promise<readonly Finding[]> {
  try {
    return await work();
  } catch (error) {
    signal.throwIfAborted();
    return [failureOf(error)];
  }
}

/** Whether nothing of it has come out well. */
function isFailed(findings: readonly Placed[]): boolean {
  const isGood = ({ status }: Placed): boolean => status === "ok" || status === "warning";
  const isBad = ({ status, dependsOn }: Placed): boolean => status === "error" || dependsOn !== undefined;
  return findings.some(isBad) && !findings.some(isGood);
}

const OF_ACCOUNT: ReadonlySet<string> = new Set(["organizationId", "apiToken"]);
/** They say how signatures are made, which nothing here does. */
const OF_SIGNING: ReadonlySet<string> = new Set([
  "projectSlug",
  "signingPolicySlug",
  "route",
  "verifySignatures",
  "checkValidity",
  "maxConcurrency",
  "retryAmbiguous",
  "policyCacheMs",
  "metadata",
]);

function hindranceOf(
  need: Need,
  { settings }: Context,
  failed: ReadonlyMap<StageName, StageName>,
): StageName | undefined {
  if (need !== "network" && need !== "address" && need !== "account") return failed.get(need);
  const defect = settings.defects.find((each) => needOf(each) === need);
  return defect && (defect.setting === "tls" ? "tls-settings" : "settings");
}

function needOf({ setting }: Defect): Need | undefined {
  if (OF_ACCOUNT.has(setting)) return "account";
  if (OF_SIGNING.has(setting)) return undefined;
  return setting === "apiUrl" ? "address" : "network";
}
