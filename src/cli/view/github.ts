import { appendFileSync, closeSync, constants, openSync } from "node:fs";
import { relative, resolve } from "node:path";
import { reasonOf } from "../errors/cli-error.js";
import type { Output } from "../shell/output.js";
import { visible } from "../shell/output.js";
import type { BatchSummary, BatchView } from "../sign/events.js";
import type { BatchProgress } from "./batch-progress.js";
import type { Failure } from "./failures.js";
import { countsOf, figures, isGood } from "./summary.js";

/** GitHub shows so many errors of a step. */
const MOST_ANNOTATIONS = 10;

/** GitHub takes 1 MiB of a step, and nothing of one that has more; others may write there, too. */
const MOST_BYTES = 256 * 1024;

type Environment = Readonly<Record<string, string | undefined>>;

/** What GitHub Actions shows of a batch: an annotation for each failure, and a part of the page of the run. */
export class GithubView implements BatchView {
  readonly #output: Output;
  readonly #progress: BatchProgress;
  readonly #env: Environment;

  constructor(output: Output, progress: BatchProgress, env: Environment) {
    this.#output = output;
    this.#progress = progress;
    this.#env = env;
  }

  begin(): void {
    // There is nothing to show of a run before its end.
  }

  show(): void {
    // What has failed is in the progress.
  }

  end(summary: BatchSummary): void {
    const { GITHUB_ACTIONS: actions, GITHUB_STEP_SUMMARY: file, GITHUB_WORKSPACE: workspace } = this.#env;
    if (actions === "true") {
      const { first } = this.#progress.failures;
      for (const failure of first.slice(0, MOST_ANNOTATIONS))
        this.#output.order(annotation(failure, workspace));
    }
    if (file) this.#append(file, markdown(summary, this.#progress));
  }

  #append(file: string, text: string): void {
    try {
      append(file, text);
    } catch (error) {
      const { yellow } = this.#output.style;
      this.#output.talk(
        `${yellow("warning:")} the summary for GITHUB_STEP_SUMMARY was not written: ${visible(reasonOf(error))}`,
      );
    }
  }
}

/** A named pipe that nobody reads is refused (ENXIO) and not waited for: no signal would end that wait. */
function append(file: string, text: string): void {
  const { O_APPEND, O_CREAT, O_NONBLOCK = 0, O_WRONLY } = constants;
  const opened = openSync(file, O_APPEND | O_CREAT | O_NONBLOCK | O_WRONLY, 0o666);
  try {
    appendFileSync(opened, text);
  } finally {
    closeSync(opened);
  }
}

/** A workflow command. Its file is one of the repository, or is not named. */
function annotation({ file, code, message }: Failure, workspace: string | undefined): string {
  const place = file === undefined || !workspace ? undefined : relative(workspace, resolve(file));
  const isInside = place !== undefined && !/^\.\.(?:[\\/]|$)|^(?:[a-z]:)?[\\/]/i.test(place);
  const path = isInside ? `file=${property(visible(place.replaceAll("\\", "/")))},` : "";
  return `::error ${path}title=${property(code)}::${data(message)}`;
}

function data(text: string): string {
  return text.replaceAll("%", "%25").replaceAll("\r", "%0D").replaceAll("\n", "%0A");
}

function property(text: string): string {
  return data(text).replaceAll(":", "%3A").replaceAll(",", "%2C");
}

function markdown(summary: BatchSummary, progress: BatchProgress): string {
  const { groups, first } = progress.failures;
  const state = summary.interrupted ? "interrupted" : isGood(summary, progress) ? "all signed" : "failed";
  const counts = countsOf(summary);
  const advice = groups.flatMap((group) =>
    group.advice === undefined ? [] : [`- \`${group.code}\`: ${literally(group.advice)}`],
  );
  const total = groups.reduce((sum, { count }) => sum + count, 0);
  const head = [
    `### SignPath: ${state}`,
    "",
    `| ${counts.map(([, what]) => what).join(" | ")} | in |`,
    `| ${counts.map(() => "---:").join(" | ")} | --- |`,
    `| ${counts.map(([count]) => count).join(" | ")} | ${figures(summary, progress)} |`,
    "",
    ...(first.length === 0 ? [] : ["| file | code | what happened |", "| --- | --- | --- |"]),
  ].join("\n");
  const tail = [...(advice.length === 0 ? [] : ["", ...advice]), "", ""].join("\n");
  let [rows, told, room] = ["", 0, MOST_BYTES - Buffer.byteLength(head + tail)];
  for (const { file, code, message } of first) {
    const row = `\n| ${literally(file ?? "")} | \`${code}\` | ${literally(message)} |`;
    room -= Buffer.byteLength(row);
    if (room < 0) break;
    rows += row;
    told++;
  }
  const others = told < total ? `\n\n… and ${total - told} more.` : "";
  return `${head}${rows}${others}${tail}`;
}

/** Text as it is, in a cell of a table: neither HTML nor Markdown, no mention of anybody, no link. */
function literally(text: string): string {
  const characters = visible(text.replaceAll("\n", " ")).replace(
    /[&<>"'`*_{}[\]()#+\-.!|\\~@:^$=/]/g,
    (character) => `&#${character.charCodeAt(0)};`,
  );
  return characters;
}
