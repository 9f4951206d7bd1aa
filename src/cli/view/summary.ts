import { visible } from "../shell/output.js";
import type { Style } from "../shell/style.js";
import type { BatchSummary } from "../sign/events.js";
import type { BatchProgress } from "./batch-progress.js";
import type { FailureGroup } from "./failures.js";
import { bytesText, digits, filesText, spanText } from "./units.js";

/** How a batch ended, for people: a table where there is more to say than that all went well, and one line that says it all. */
export function summaryLines(summary: BatchSummary, progress: BatchProgress, style: Style): string[] {
  return [...tableOf(summary, progress, style), lastLine(summary, progress, style)];
}

/** The colour of the last line agrees with the exit code: green for 0 alone. */
function lastLine(summary: BatchSummary, progress: BatchProgress, style: Style): string {
  const counts = countsOf(summary)
    .map(([count, what]) => `${count} ${what}`)
    .join(", ");
  if (summary.interrupted) return style.yellow(`interrupted: ${counts}`);
  if (!isGood(summary, progress)) return style.red(`not all went well: ${counts}`);
  return `${style.green(counts)} ${style.dim(`(${figures(summary, progress)})`)}`;
}

/** Whether each file has its signature and nothing failed beside. */
export function isGood({ failed, notTried }: BatchSummary, { failures }: BatchProgress): boolean {
  return failed === 0 && notTried === 0 && failures.first.length === 0;
}

/** What there is of each kind, but for what there is none of. */
export function countsOf({ signed, skipped, failed, notTried }: BatchSummary): (readonly [number, string])[] {
  const counts = [
    [signed, "signed"],
    [skipped, "skipped"],
    [failed, "failed"],
    [notTried, "not tried"],
  ] as const;
  const some = counts.filter(([count]) => count > 0);
  return some.length === 0 ? [[0, "signed"]] : some;
}

/** How long it took and what came about in that time. */
export function figures({ ms, signed }: BatchSummary, { bytes, retries }: BatchProgress): string {
  const rate = ms > 0 && signed > 1 ? [`${digits(signed / (ms / 1000))} files/s`] : [];
  const again = retries === 0 ? [] : [retries === 1 ? "1 retry" : `${retries} retries`];
  const time = ms < 10_000 ? `${(ms / 1000).toFixed(1)} s` : spanText(ms);
  return [time, ...rate, ...(bytes === 0 ? [] : [bytesText(bytes)]), ...again].join(", ");
}

function tableOf(summary: BatchSummary, progress: BatchProgress, style: Style): string[] {
  if (isGood(summary, progress)) return [];
  const { groups } = progress.failures;
  const counts = countsOf(summary);
  const width = Math.max(...counts.map(([count]) => String(count).length));
  const rows = counts.map(([count, what]) => `  ${String(count).padStart(width)}  ${what}`);
  const reasons = groups.flatMap((group) => [
    `  ${style.red(group.code)}: ${namesOf(group)}`,
    ...(group.advice === undefined ? [] : [`    ${group.advice}`]),
  ]);
  return ["", ...rows, `  in ${figures(summary, progress)}`, ...reasons];
}

/** The files of a group: how many, and the first ones. */
export function namesOf({ count, files }: FailureGroup): string {
  if (files.length === 0) return "the batch as a whole";
  const more = count > files.length ? `, and ${count - files.length} more` : "";
  return `${filesText(count)}: ${files.map(visible).join(", ")}${more}`;
}
