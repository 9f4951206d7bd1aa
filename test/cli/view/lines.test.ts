import { afterEach, describe, expect, test, vi } from "vitest";
import { SignPathError } from "../../../src/base/errors.js";
import { describe as describeError } from "../../../src/cli/errors/describe.js";
import { Interruption } from "../../../src/cli/shell/interruption.js";
import { inert, Output, visible } from "../../../src/cli/shell/output.js";
import { COLOURED, PLAIN } from "../../../src/cli/shell/style.js";
import type { BatchSummary } from "../../../src/cli/sign/events.js";
import { BatchProgress } from "../../../src/cli/view/batch-progress.js";
import { LinesView } from "../../../src/cli/view/lines.js";
import { summaryLines } from "../../../src/cli/view/summary.js";
import { TerminalView } from "../../../src/cli/view/terminal.js";

afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

/** An output that keeps what is said. */
class Kept extends Output {
  readonly lines: string[] = [];
  override talk(...lines: readonly string[]): void {
    this.lines.push(...lines);
  }
}

const GOOD: BatchSummary = { signed: 12, skipped: 0, failed: 0, notTried: 0, interrupted: false, ms: 3000 };

test("a log without a line for long is told what is going on, and not too often", () => {
  vi.useFakeTimers({ toFake: ["setInterval", "clearInterval", "performance"] });
  const [output, progress] = [new Kept(), new BatchProgress()];
  progress.all = { files: 3, bytes: 2e9 };
  const view = new LinesView(output, progress);
  view.begin();
  progress.add({ event: "begun", file: "large", output: "large.p7s", bytes: 1e9 }, 0);
  progress.add({ event: "read", file: "large", bytes: 5e8 }, 0);
  vi.advanceTimersByTime(19_000);
  expect(output.lines).toEqual([]);
  vi.advanceTimersByTime(20_000);
  expect(output.lines).toEqual(["at work: 0 of 3 files, 500 MB of 2.00 GB, hashing large 50%"]);
  view.end(GOOD);
  output.lines.length = 0;
  vi.advanceTimersByTime(100_000);
  expect(output.lines).toEqual([]);
});

test("what is done at once makes nothing that flickers on a terminal, and what takes longer leaves no line behind", () => {
  vi.useFakeTimers({ toFake: ["setInterval", "clearInterval", "performance"] });
  const written: unknown[] = [];
  vi.spyOn(process.stderr, "write").mockImplementation((text) => written.push(text) > 0);
  const progress = new BatchProgress();
  progress.all = { files: 1, bytes: 1 };
  const view = new TerminalView(new Kept(), progress, new Interruption());
  view.begin();
  vi.advanceTimersByTime(390);
  expect(written).toEqual([]);
  vi.advanceTimersByTime(5000);
  expect(written).toEqual(["[                ]   0%  0/1"]);
  view.end({ ...GOOD, signed: 1 });
  expect(written.slice(1)).toEqual(["\r\u001b[K"]);
  vi.advanceTimersByTime(5000);
  expect(written).toHaveLength(2);
});

describe("the last line agrees with the exit code", () => {
  const failure = describeError(
    new SignPathError("FORBIDDEN", "No. (request, 12 ms) Become a submitter.", { stage: "sign" }),
    "a",
  );

  test("green where all is signed, with the figures", () => {
    const progress = new BatchProgress();
    expect(summaryLines(GOOD, progress, PLAIN)).toEqual(["12 signed (3.0 s, 4.00 files/s)"]);
    expect(summaryLines(GOOD, progress, COLOURED)[0]).toContain("\u001b[32m12 signed\u001b[39m");
  });

  test("red where something failed, with the reasons by code and what to do", () => {
    const progress = new BatchProgress();
    for (const file of ["a", "b", "c\u001b", "d"]) progress.add({ event: "failed", file, failure }, 0);
    const lines = summaryLines({ ...GOOD, failed: 4, notTried: 100 }, progress, PLAIN);
    expect(lines).toEqual([
      "",
      "   12  signed",
      "    4  failed",
      "  100  not tried",
      "  in 3.0 s, 4.00 files/s",
      "  FORBIDDEN: 4 files: a, b, c\\u{1b}, and 1 more",
      "    Become a submitter.",
      "not all went well: 12 signed, 4 failed, 100 not tried",
    ]);
    expect(summaryLines({ ...GOOD, failed: 4 }, progress, COLOURED).at(-1)).toMatch(
      "\u001b[31mnot all went well",
    );
  });

  test("red where no file failed by itself, but what all need", () => {
    const progress = new BatchProgress();
    progress.add({ event: "failed", failure }, 0);
    const lines = summaryLines({ ...GOOD, signed: 0, notTried: 12 }, progress, PLAIN);
    expect(lines.slice(-3)).toEqual([
      "  FORBIDDEN: the batch as a whole",
      "    Become a submitter.",
      "not all went well: 12 not tried",
    ]);
  });
});

test("text from outside gives no orders to a CI, and IPv6 addresses stay as they are", () => {
  const orders = [
    "::error::a",
    "  ::set-env name=a::b",
    "a\n::warning file=b::c",
    "a ##vso[x]",
    "##[group]",
    "##teamcity[a",
  ];
  for (const order of orders) {
    expect(inert(order)).not.toMatch(/^\s*::[a-z]/m);
    expect(visible(order)).not.toMatch(/##\w*\[/);
  }
  for (const text of ["::1", "::ffff:10.0.0.1", "a::b", "# a [b]", "## a"]) expect(inert(text)).toBe(text);
});

test("what is sent to programs has another form of it, and the same value", () => {
  const output = new Output();
  output.json = true;
  const lines: unknown[] = [];
  output.data = (data) => lines.push(data);
  output.event({ event: "x", file: "##vso[task]#[]" });
  expect(String(lines[0])).not.toContain("##vso[");
  expect(JSON.parse(String(lines[0]))).toEqual({ event: "x", file: "##vso[task]#[]" });
});
