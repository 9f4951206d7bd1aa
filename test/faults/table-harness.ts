import { beforeEach, expect, it, vi } from "vitest";
import type { EmulatorOptions } from "../../src/emulator/index.js";
import { useEmulator } from "../support/emulator.js";
import { watchResources } from "../support/resources.js";
import { startStub } from "../support/stub.js";
import type { Finding } from "./cell.js";
import { asksAgain, isOfConnection, tryCell } from "./cell.js";
import type { Circumstances } from "./expectations.js";
import { expectationOf, MOST_RETRIES } from "./expectations.js";
import { ROUTES } from "./routes.js";
import type { Row } from "./rows/row.js";

const CIRCUMSTANCES: readonly Circumstances[] = [
  { times: "once", retryAmbiguous: true },
  { times: "once", retryAmbiguous: false },
  { times: "for ever", retryAmbiguous: true },
  { times: "for ever", retryAmbiguous: false },
];

/** The circumstances that make a difference to the rule. */
function circumstancesOf({ nature }: Row): readonly Circumstances[] {
  return nature.is === "passing"
    ? CIRCUMSTANCES
    : CIRCUMSTANCES.filter(({ times, retryAmbiguous }) => (times === "once") !== retryAmbiguous);
}

/** How many of the requests are to meet the fault: without that, a row would show nothing. */
function metBy({ fault, isNeverMet }: Row, { times }: Circumstances, requests: number): number {
  // Connections meet these, not requests.
  if (isOfConnection(fault) || isNeverMet === true) return 0;
  return times === "once" ? 1 : requests;
}

/** A test for each row in its circumstances, which goes through all routes at the same time. */
export function testRows(rows: readonly Row[], options: EmulatorOptions = {}): void {
  const emulators = new Map(ROUTES.map((route) => [route, useEmulator({ processingMs: 0, ...options })]));

  beforeEach(() => {
    vi.stubEnv("SIGNPATH_TIMEOUTS_FIRST_RETRY_DELAY", "0.001");
    vi.stubEnv("SIGNPATH_TIMEOUTS_RETRY_COUNT", String(MOST_RETRIES));
  });

  const cases = rows.flatMap((row) =>
    circumstancesOf(row).map((circumstances) => {
      const { times, retryAmbiguous } = circumstances;
      return [row.title, times, retryAmbiguous ? "any" : "only a safe", row, circumstances] as const;
    }),
  );

  it.each(cases)("%s, %s, with %s repetition", async (...[, , , row, circumstances]) => {
    const elsewhere = await startStub(() => ({ body: {} }));
    const watch = watchResources();
    const routes = ROUTES.filter(({ title }) => row.on?.includes(title) ?? true);
    const found: Record<string, Finding> = {};
    const cells = await Promise.allSettled(
      routes.map(async (route) => {
        const emulator = emulators.get(route)?.();
        if (emulator === undefined) throw new Error(route.title);
        found[route.title] = await tryCell(row, route, circumstances, emulator, elsewhere.origin);
      }),
    );
    for (const cell of cells) if (cell.status === "rejected") throw cell.reason;
    const expected = routes.map((route) => {
      const { outcome, requests, next } = expectationOf(row.nature, route, circumstances);
      const met = metBy(row, circumstances, requests);
      return [
        route.title,
        { outcome, requests, met, next: asksAgain(row, circumstances) ? next : undefined, listeners: 0 },
      ];
    });
    expect(found).toEqual(Object.fromEntries(expected));
    // Neither the token nor the hash can have been where there was no connection to.
    expect(elsewhere.connections).toBe(0);
    expect(watch.ports()).not.toContain(elsewhere.port);
    await watch.expectNothingLeft();
  });
}
