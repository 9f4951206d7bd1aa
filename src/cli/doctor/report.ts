import { duration } from "../shell/duration.js";
import type { Output } from "../shell/output.js";
import { visible } from "../shell/output.js";
import type { Style } from "../shell/style.js";
import type { Status } from "./finding.js";
import type { Diagnosis, Placed } from "./run.js";
import { STAGES } from "./stages.js";

const STATUS_WIDTH = "skipped".length;
const TIMED: ReadonlySet<string> = new Set(STAGES.filter(({ isTimed }) => isTimed).map(({ name }) => name));
const STAGE_WIDTH = Math.max(...STAGES.map(({ name }) => name.length));

const COLOURS: Readonly<Record<Status, keyof Style>> = {
  ok: "green",
  warning: "yellow",
  error: "red",
  skipped: "dim",
};

/** Where the report goes. */
export interface Paper extends Pick<Output, "json" | "quiet" | "event" | "data"> {
  /** Of stdout; that of the output is of stderr. */
  readonly style: Style;
}

/** Tells of one finding: a line for people, or one of JSON. */
export function tellOf(finding: Placed, paper: Paper): void {
  const { stage, status, code, found, advice, dependsOn, ms, details } = finding;
  paper.event({ event: "finding", stage, code, status, found, advice, dependsOn, ms, details });
  const isQuiet = paper.quiet && (status === "ok" || status === "skipped");
  if (paper.json || isQuiet) return;
  const colour = paper.style[COLOURS[status]];
  const time = TIMED.has(stage) && status !== "skipped" ? ` [${duration(ms)}]` : "";
  const columns = [colour(status.padEnd(STATUS_WIDTH)), stage.padEnd(STAGE_WIDTH), visible(found) + time];
  paper.data(`${columns.join("  ")}\n`);
}

/** What there is to do, the worst first, and what it all comes to. */
export function conclude({ findings, counts }: Diagnosis, paper: Paper): void {
  if (paper.json) return;
  const { style } = paper;
  const bad = [
    ...findings.filter(({ status }) => status === "error"),
    ...findings.filter(({ status }) => status === "warning"),
  ];
  const lines = bad.flatMap(({ status, stage, found, advice, code }) => [
    "",
    `${style[COLOURS[status]](`${status}:`)} ${visible(`${stage}: ${found}`)}`,
    ...(advice === undefined || advice === "" ? [] : [`  ${visible(advice)}`]),
    style.dim(`  ${code}`),
  ]);
  const total = [
    counted(counts.error, "error"),
    counted(counts.warning, "warning"),
    `${counts.ok} ok`,
    `${counts.skipped} skipped`,
  ].join(", ");
  const end = `${total}. No signature was spent, and nothing was written.`;
  paper.data([...lines, "", end].map((line) => `${line}\n`).join(""));
}

function counted(count: number, word: string): string {
  return `${count} ${word}${count === 1 ? "" : "s"}`;
}
