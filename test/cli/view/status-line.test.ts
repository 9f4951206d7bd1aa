import { describe, expect, test } from "vitest";
import { COLOURED, PLAIN, wantsColour } from "../../../src/cli/shell/style.js";
import type { BatchEvent } from "../../../src/cli/sign/events.js";
import { BatchProgress } from "../../../src/cli/view/batch-progress.js";
import { LiveLine } from "../../../src/cli/view/live-line.js";
import { RateMeter } from "../../../src/cli/view/rate.js";
import { statusLine } from "../../../src/cli/view/status-line.js";
import { bytesText, spanText } from "../../../src/cli/view/units.js";
import { waitingFor } from "../../../src/cli/view/waiting.js";
import { widthOf } from "../../../src/cli/view/width.js";

const GB = 1e9;

function progressOf(all: { files: number; bytes: number }, ...events: BatchEvent[]): BatchProgress {
  const progress = new BatchProgress();
  progress.all = all;
  for (const event of events) progress.add(event, 0);
  return progress;
}

function begun(file: string, bytes = 0): BatchEvent {
  return { event: "begun", file, output: `${file}.p7s`, bytes };
}

function request(call: number, event: Record<string, unknown>, what = "fast signing request"): BatchEvent {
  const all = { call, what, elapsedMs: 0, attempt: 1, ...event };
  return { event: "request", request: all as never };
}

const THROTTLED = { type: "retry", code: "THROTTLED", message: "", delayMs: 4000 };

describe("what is waited for is said", () => {
  const cases: [string, BatchEvent[], number, string][] = [
    ["of the service", [begun("a"), request(1, { type: "attempt" })], 0, "waiting for the service"],
    [
      "of authorities",
      [request(1, { type: "attempt" }, "timestamp"), request(2, { type: "attempt" }, "timestamp")],
      0,
      "waiting for a timestamp (2)",
    ],
    [
      "of one file that is read",
      [begun("a", 200), { event: "read", file: "a", bytes: 50 }],
      0,
      "hashing a 25%",
    ],
    ["of several", [begun("a", 2), begun("b", 2)], 0, "hashing 2 files"],
    ["not of one that is read", [begun("a", 2), { event: "read", file: "a", bytes: 9 }], 0, ""],
    ["of a retry", [request(1, THROTTLED)], 1000, "retry in 3 s after THROTTLED"],
    [
      "of the first of several retries",
      [request(1, THROTTLED), request(2, { ...THROTTLED, delayMs: 2000 })],
      0,
      "retry in 2 s after THROTTLED (and 1 more)",
    ],
    ["of the rate limit", [begun("a"), request(1, THROTTLED)], 5000, "held back by the rate limit"],
    ["of another process", [{ event: "waiting", reason: "it has\u001b it" }], 0, "waiting: it has\\u{1b} it"],
    ["not any more of it", [{ event: "waiting", reason: "x" }, begun("a")], 0, ""],
    ["of nothing after an answer", [request(1, { type: "attempt" }), request(1, { type: "answer" })], 0, ""],
  ];
  test.each(cases)("%s", (_what, events, now, text) => {
    const said = waitingFor(progressOf({ files: 2, bytes: 400 }, ...events), now);
    // A call that is to be tried again and is not yet is no longer counted as one that is asked.
    expect(said).toBe(text);
  });
});

describe("the line", () => {
  const progress = progressOf({ files: 1000, bytes: 40 * GB }, begun("署名するファイル".repeat(9), 20 * GB), {
    event: "read",
    file: "署名するファイル".repeat(9),
    bytes: 5 * GB,
  });
  progress.failed = 3;

  test.each([8, 12, 20, 30, 40, 60, 80, 120, 200])("is never wider than %i columns", (columns) => {
    const meter = new RateMeter(0);
    for (const style of [PLAIN, COLOURED]) {
      const line = statusLine(progress, meter, 60_000, columns, style);
      expect(widthOf(line)).toBeLessThanOrEqual(columns);
      expect(line).toContain("0/1000");
    }
  });

  test("says the more, the wider it is", () => {
    const line = (columns: number): string => statusLine(progress, new RateMeter(0), 1000, columns, PLAIN);
    expect(line(10)).toBe("0/1000");
    expect(line(20)).toBe("0/1000  3 failed");
    expect(line(45)).toMatch(/^0\/1000 {2}3 failed {2}hashing 署名.*\.\.\.$/);
    expect(line(250)).toMatch(
      /^\[=* *\] +8% {2}0\/1000 {2}3 failed {2}5\.00 GB of 40\.0 GB {2}5\.00 GB\/s {2}hashing .* 25%$/,
    );
  });
});

describe("the time that is left", () => {
  test("is said only where it is known", () => {
    const meter = new RateMeter(0);
    const all = { files: 100, bytes: 1e6 };
    for (let second = 0; second <= 10; second++)
      meter.add(second * 1000, { files: second * 2, bytes: second * 20_000 });
    expect(meter.timeLeft(2000, { files: 4, bytes: 40_000 }, all)).toBeUndefined();
    expect(meter.timeLeft(10_000, { files: 20, bytes: 200_000 }, all)).toBeCloseTo(40_000);
    // Nothing has come about since.
    expect(meter.timeLeft(25_000, { files: 20, bytes: 200_000 }, all)).toBeUndefined();
    expect(new RateMeter(0).timeLeft(60_000, { files: 0, bytes: 1e6 }, all)).toBeUndefined();
  });

  test("is that of the bytes for large files, and of the last seconds for both", () => {
    const meter = new RateMeter(0);
    const all = { files: 1, bytes: 10 * GB };
    for (let second = 0; second <= 60; second++) {
      meter.add(second * 1000, {
        files: 0,
        bytes: second < 40 ? 0.5 * GB : 0.5 * GB + (second - 40) * 0.1 * GB,
      });
    }
    expect(meter.timeLeft(60_000, { files: 0, bytes: 2.5 * GB }, all)).toBeCloseTo(75_000, -3);
  });
});

test("a line in a window that was made narrower is erased with all of what it has become", () => {
  const written: string[] = [];
  const terminal = { columns: 80, writableNeedDrain: false, write: (text: string) => written.push(text) };
  const line = new LiveLine(terminal);
  line.set("x".repeat(70));
  terminal.columns = 30;
  line.above("failed\n");
  expect(written.at(-1)).toBe(`${"\r\u001b[K\u001b[A".repeat(2)}\r\u001b[Kfailed\n${"x".repeat(70)}`);
  const before = written.length;
  line.set("x".repeat(70));
  terminal.writableNeedDrain = true;
  line.set("another");
  expect(written).toHaveLength(before);
});

test("colours are an option's, else those of FORCE_COLOR, NO_COLOR and the terminal", () => {
  const cases: [boolean, NodeJS.ProcessEnv, boolean | undefined, boolean][] = [
    [true, {}, undefined, true],
    [false, {}, undefined, false],
    [true, { NO_COLOR: "1" }, true, false],
    [true, { NO_COLOR: "" }, undefined, true],
    [false, { FORCE_COLOR: "1", NO_COLOR: "1" }, undefined, true],
    [true, { FORCE_COLOR: "0" }, undefined, false],
    [true, { FORCE_COLOR: "3" }, false, false],
    [true, { TERM: "dumb" }, undefined, false],
  ];
  for (const [isTerminal, env, option, expected] of cases) {
    expect([env, wantsColour(isTerminal, env, option)]).toEqual([env, expected]);
  }
});

test("amounts have three digits", () => {
  expect([0, 999, 999.6, 1000, 12_345, 999_499, 999_600, 3.2e9, 1e18].map(bytesText)).toEqual([
    "0 B",
    "999 B",
    "1.00 kB",
    "1.00 kB",
    "12.3 kB",
    "999 kB",
    "1.00 MB",
    "3.20 GB",
    "1000 PB",
  ]);
  expect([-5, 400, 59_600, 200_000, 7_500_000].map(spanText)).toEqual([
    "0 s",
    "0 s",
    "1 min 0 s",
    "3 min 20 s",
    "2 h 5 min",
  ]);
});
