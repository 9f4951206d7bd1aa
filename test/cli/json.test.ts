import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { useEmulator } from "../support/emulator.js";
import { temporaryFolder } from "../support/temporary.js";
import type { CliEvent } from "./support.js";
import { eventsOf, fill, requestArrives, signpath, start, submissions } from "./support.js";

const emulator = useEmulator();
const ROOT = join(import.meta.dirname, "../..");

/** What the document says of each event: its members, and which of them may be missing. */
const documented = new Map(
  [...readFileSync(join(ROOT, "docs/json.md"), "utf8").matchAll(/^\| `(\w+)` \| (.*?) \| .* \|$/gm)].map(
    ([, event = "", members = ""]) => [
      event,
      [...members.matchAll(/`(\w+)`(\?)?/g)].map(([, name = "", mark]) => ({
        name,
        isOptional: mark === "?",
      })),
    ],
  ),
);

/** What stays inside the process. */
const INTERNAL = ["begun", "read", "request"];

test("each event that signing tells of is documented", () => {
  const folders = ["sign", "view"].map((name) => join(ROOT, "src/cli", name));
  const files = folders.flatMap((folder) =>
    readdirSync(folder, { recursive: true, encoding: "utf8" }).map((name) => join(folder, name)),
  );
  const sources = [...files, join(ROOT, "src/cli/shell/session.ts"), join(ROOT, "src/cli/client.ts")]
    .filter((path) => path.endsWith(".ts"))
    .map((path) => readFileSync(path, "utf8"));
  const told = sources.flatMap((text) =>
    [...text.matchAll(/\bevent: "(\w+)"/g)].map(([, name = ""]) => name),
  );
  expect(told).toContain("signed");
  const missing = [...new Set(told)].filter((name) => !documented.has(name) && !INTERNAL.includes(name));
  expect(missing).toEqual([]);
});

function expectDocumented(events: readonly CliEvent[]): void {
  for (const { event, ...members } of events) {
    const known = documented.get(event) ?? [];
    const required = known.filter(({ isOptional }) => !isOptional).map(({ name }) => name);
    expect({ event, known: known.map(({ name }) => name) }).toEqual({
      event,
      known: expect.arrayContaining(Object.keys(members)),
    });
    expect({ event, there: Object.keys(members) }).toEqual({
      event,
      there: expect.arrayContaining(required),
    });
  }
}

describe("an event has the members that are documented", () => {
  test("of signatures, failures, retries and timestamps", async () => {
    const cwd = fill(temporaryFolder(), { one: "1", two: "2" });
    emulator().addFault({ kind: "status", status: 503, route: "signingRequests" });
    emulator().addFault({ kind: "status", status: 500, route: "timestamp", count: 1 });
    const env = { SIGNPATH_TIMEOUTS_RETRY_COUNT: "1", SIGNPATH_TIMEOUTS_FIRST_RETRY_DELAY: "0.01" };
    const stamps = ["--timestamp", "http://127.0.0.1:9/", "--keep-unstamped", "--incomplete-chain", "warn"];
    const args = ["sign", "one", "two", "gone", "--policy", "demo/p-256", "--json", ...stamps];
    const events = eventsOf(await signpath(args, { emulator: emulator(), cwd, env }));
    emulator().clearFaults();
    const retries = events.filter(({ event }) => event === "retry").length;
    expect(retries).toBeGreaterThan(0);
    expect(events.at(-1)).toMatchObject({ event: "summary", retries, elapsedMs: expect.any(Number) });
    const plain = ["sign", "one", "--policy", "demo/p-256", "--json"];
    events.push(...eventsOf(await signpath(plain, { emulator: emulator(), cwd, env })));
    expect(new Set(events.map(({ event }) => event))).toEqual(
      new Set(["signed", "unstamped", "failed", "warning", "retry", "summary"]),
    );
    expectDocumented(events);
  });

  test("of an interruption", async () => {
    const cwd = fill(temporaryFolder(), { one: "1", two: "2" });
    emulator().addFault({ kind: "latency", ms: 60_000, route: "signingRequests", count: 2 });
    const before = submissions(emulator());
    const args = ["sign", "one", "two", "--policy", "demo/p-256", "--jobs", "1", "--json"];
    const running = start(args, { emulator: emulator(), cwd });
    await requestArrives(emulator(), before);
    running.child.kill("SIGINT");
    while (!running.stdout().includes("stopping")) await delay(10);
    running.child.kill("SIGTERM");
    const events = eventsOf(await running.ended);
    expect(events.map(({ event }) => event)).toEqual(["stopping", "interrupted", "summary"]);
    expect(events.at(-1)).toMatchObject({ interrupted: true, exitCode: 143 });
    expectDocumented(events);
  });
});
