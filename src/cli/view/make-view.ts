import type { Session } from "../shell/session.js";
import type { BatchEvent, BatchSummary, BatchView } from "../sign/events.js";
import { BatchProgress } from "./batch-progress.js";
import { LinesView } from "./lines.js";

/**
 * The view that fits who looks at it: a line that changes on a terminal, else lines; beside that what GitHub shows of a run.
 *
 * @param mayRedraw - `false`: lines on a terminal, too
 */
export async function makeView({ output, interruption }: Session, mayRedraw: boolean): Promise<BatchView> {
  const progress = new BatchProgress();
  const { env } = process;
  const isCi = !["", "false", undefined].includes(env["CI"]);
  const isLive = mayRedraw && output.canRedraw && !output.json && !output.quiet && !isCi;
  const views: BatchView[] = [];
  if (isLive) {
    const { TerminalView } = await import("./terminal.js");
    views.push(new TerminalView(output, progress, interruption));
  } else {
    views.push(new LinesView(output, progress));
  }
  if (env["GITHUB_ACTIONS"] === "true" || env["GITHUB_STEP_SUMMARY"]) {
    const { GithubView } = await import("./github.js");
    views.push(new GithubView(output, progress, env));
  }
  return new Views(progress, views);
}

/** Several views of one batch, which know how far it is. */
class Views implements BatchView {
  readonly #progress: BatchProgress;
  readonly #views: readonly BatchView[];

  constructor(progress: BatchProgress, views: readonly BatchView[]) {
    this.#progress = progress;
    this.#views = views;
  }

  begin(files: number, bytes: number): void {
    this.#progress.all = { files, bytes };
    for (const view of this.#views) view.begin(files, bytes);
  }

  show(event: BatchEvent): void {
    this.#progress.add(event, performance.now());
    for (const view of this.#views) view.show(event);
  }

  end(summary: BatchSummary): void {
    for (const view of this.#views) view.end(summary);
  }
}
