import { expect } from "vitest";
import { SignPathError } from "../../src/base/errors.js";

/** What a promise is rejected with; a promise that is fulfilled fails the test. */
export async function failureOf(promise: Promise<unknown>): Promise<unknown> {
  const outcome = await promise.then(
    (value) => ({ value }),
    (error: unknown) => ({ error }),
  );
  if ("error" in outcome) return outcome.error;
  expect.fail(`should have failed, gave ${String(outcome.value)}`);
}

/** What a function throws; one that returns fails the test. */
export function thrownBy(action: () => unknown): unknown {
  let value: unknown;
  try {
    value = action();
  } catch (error) {
    return error;
  }
  expect.fail(`should have failed, gave ${String(value)}`);
}

/** The `SignPathError` that a promise is rejected with, or that is the cause of the exception it is rejected with. */
export async function codedFailureOf(promise: Promise<unknown>): Promise<SignPathError> {
  return coded(await failureOf(promise));
}

/** The same for a function. */
export function codedThrownBy(action: () => unknown): SignPathError {
  return coded(thrownBy(action));
}

function coded(error: unknown): SignPathError {
  const found = error instanceof DOMException ? error.cause : error;
  if (found instanceof SignPathError) return found;
  throw error;
}
