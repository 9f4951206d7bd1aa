import { vi } from "vitest";

/** Waits until it does not throw any more: vitest's own second is too short where the machine is busy. */
export function eventually<Result>(assertion: () => Result | Promise<Result>): Promise<Result> {
  return vi.waitFor(assertion, { timeout: 30_000, interval: 10 });
}
