import { inspect } from "node:util";
import { expect } from "vitest";
import type { SignPathErrorCode, SignPathErrorStage } from "../../src/base/errors.js";
import { SignPathError } from "../../src/base/errors.js";

/** A secret that no answer, error or output may repeat. */
export const CANARY = "canary+Fuzz/5c1d9e77b0==";

const CODES: Readonly<Record<SignPathErrorCode, true>> = {
  CONFIG_INVALID: true,
  AUTHENTICATION_FAILED: true,
  FORBIDDEN: true,
  POLICY_NOT_FOUND: true,
  POLICY_UNUSABLE: true,
  ALGORITHM_NOT_SUPPORTED: true,
  REQUEST_REJECTED: true,
  THROTTLED: true,
  SERVICE_UNAVAILABLE: true,
  CONNECTION_FAILED: true,
  TLS_FAILED: true,
  TIMEOUT: true,
  ABORTED: true,
  INVALID_RESPONSE: true,
  SIGNATURE_INVALID: true,
  CERTIFICATE_CHANGED: true,
  REQUEST_DENIED: true,
  REQUEST_PENDING: true,
  TIMESTAMP_FAILED: true,
  CHAIN_INCOMPLETE: true,
  VERIFICATION_FAILED: true,
};

const STAGES: Readonly<Record<SignPathErrorStage, true>> = {
  config: true,
  policy: true,
  sign: true,
  timestamp: true,
  verify: true,
  cms: true,
};

/** Fails where a value tells the canary, however deep. */
export function expectNoCanary(value: unknown): void {
  const text = typeof value === "string" ? value : inspect(value, { depth: 8, showHidden: true });
  if (text.includes(CANARY)) throw new Error(`the canary is in ${text.slice(0, 2000)}`);
}

/** What `action` gives, or `undefined` after an error that is one of `kinds` and does not tell the canary. */
export function attempt<T>(
  action: () => T,
  ...kinds: readonly (new (
    ...parameters: never[]
  ) => Error)[]
): T | undefined {
  try {
    return action();
  } catch (error) {
    if (!kinds.some((kind) => error instanceof kind)) throw error;
    expectNoCanary(error);
    return undefined;
  }
}

/** The same for a function that fails with the errors of this package alone. */
export function attemptCoded<T>(action: () => T, code: SignPathErrorCode): T | undefined {
  try {
    return action();
  } catch (error) {
    expectCoded(error, code);
    return undefined;
  }
}

/** Fails where an error is not one of this package, complete and without the canary. */
export function expectCoded(error: unknown, code?: SignPathErrorCode): void {
  if (!(error instanceof SignPathError)) throw error;
  if (code !== undefined) expect(error.code).toBe(code);
  if (!Object.hasOwn(CODES, error.code)) throw new Error(`there is no code ${error.code}`);
  if (!Object.hasOwn(STAGES, error.stage)) throw new Error(`there is no stage ${error.stage}`);
  if (typeof error.message !== "string" || error.message === "") throw new Error("the error says nothing");
  JSON.stringify(error);
  expectNoCanary(error);
}

/** Fails where a value is not what its type says. */
export function expectText(value: unknown): void {
  if (typeof value !== "string") throw new Error(`${inspect(value)} is no text`);
}

/** The same for what may be missing. */
export function expectOptionalText(value: unknown): void {
  if (value !== undefined) expectText(value);
}
