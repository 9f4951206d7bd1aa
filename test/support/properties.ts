import { readFileSync } from "node:fs";
import * as fc from "fast-check";

/** Runs of a property that does not say how many it wants, as in fast-check. */
const RUNS = 100;

const { always } = JSON.parse(readFileSync(new URL("../fuzz/seeds.json", import.meta.url), "utf8")) as {
  readonly always: number;
};

/** The seed of a run that is not given another one, so that a red run is the change's doing. */
export const SEED: number = Number(process.env["FUZZ_SEED"] ?? always);

/** How many times as many inputs as usual: `npm run fuzz` has many, from a seed of its own. */
const TIMES = Number(process.env["FUZZ_TIMES"] ?? 1);

/** fast-check's `assert`, with inputs from the seed of the run. Fails with the seed and the path that repeat the failure. */
export function assertProperty<T>(
  property: fc.IAsyncProperty<T>,
  parameters?: fc.Parameters<T>,
): Promise<void>;
export function assertProperty<T>(property: fc.IProperty<T>, parameters?: fc.Parameters<T>): void;
export function assertProperty<T>(
  property: fc.IAsyncProperty<T> | fc.IProperty<T>,
  parameters: fc.Parameters<T> = {},
): unknown {
  const numRuns = (parameters.numRuns ?? RUNS) * TIMES;
  return fc.assert<T>(property, { seed: SEED, ...parameters, numRuns });
}
