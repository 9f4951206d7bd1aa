import { duration } from "../duration.js";
import type { Output } from "../output.js";
import { visible } from "../output.js";
import type { Diagnosis, Placed } from "./run.js";
import { STAGES } from "./stages.js";

const STATUS_WIDTH = "skipped".length;
const TIMED: ReadonlySet<string> = new Set(STAGES.filter(({ isTimed }) => isTimed).map(({ name }) => name));
const STAGE_WIDTH = Math.max(...STAGES.map(({ name }) => name.length));

/** Where the report goes. */
export type Paper = Pick<Output, "json" | "event" | "data">;

/** Tells of one finding: a line for people, or one of JSON. */
export function tellOf(finding: Placed, output: Paper): void {
  const { stage, status, code, found, advice, dependsOn, ms, details } = finding;
  output.event({ event: "finding", stage, code, status, found, advice, dependsOn, ms, details });
  if (output.json) return;
  const time = TIMED.has(stage) && status !== "skipped" ? ` [${duration(ms)}]` : "";
  const columns = [status.padEnd(STATUS_WIDTH), stage.padEnd(STAGE_WIDTH), visible(found) + time];
  output.data(`${columns.join("  ")}\n`);
}

/** What there is to do, the worst first, and what it all comes to. */
export function conclude({ findings, counts }: Diagnosis, output: Paper): void {
  if (output.json) return;
  const bad = [
    ...findings.filter(({ status }) => status === "error"),
    ...findings.filter(({ status }) => status === "warning"),
  ];
  const lines = bad.flatMap(({ status, stage, found, advice, code }) => [
    "",
    `${status}: ${stage}: ${found}`,
    ...(advice === undefined || advice === "" ? [] : [`  ${advice}`]),
    `  ${code}`,
  ]);
  const total = [
    counted(counts.error, "error"),
    counted(counts.warning, "warning"),
    `${counts.ok} ok`,
    `${counts.skipped} skipped`,
  ].join(", ");
  output.data(
    [...lines, "", `${total}. No signature was spent, and nothing was written.`].map(line).join(""),
  );
}

function counted(count: number, word: string): string {
  return `${count} ${word}${count === 1 ? "" : "s"}`;
}

function line(text: string): string {
  return `${visible(text)}\n`;
}
