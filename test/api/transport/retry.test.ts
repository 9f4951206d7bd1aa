import fc from "fast-check";
import { describe, expect, it, onTestFinished } from "vitest";
import type { FailedAttempt } from "../../../src/api/transport/retry.js";
import {
  nextDelayMs,
  parseRetryAfter,
  patientDelayMs,
  serverTimeMs,
} from "../../../src/api/transport/retry.js";
import type { RetryConfig } from "../../../src/config/config.js";
import { assertProperty } from "../../support/properties.js";

const config: RetryConfig = {
  requestTimeoutMs: 30_000,
  totalTimeoutMs: 600_000,
  firstDelayMs: 500,
  maxRetries: Number.POSITIVE_INFINITY,
  retryAmbiguous: true,
};
const failed: FailedAttempt = { transient: true, ambiguous: false, retryAfterMs: undefined };
const most = (): number => 1 - 2 ** -53;
const least = (): number => 0;

describe("the delay of a failure with which there is little patience", () => {
  const unknown = { ...failed, patienceMs: 10_000 };

  it.each([
    [700, 0, 700],
    [8000, 4000, 6000],
    [8000, 9999.5, 0.5],
    [8000, 10_000, undefined],
    [0, 10_001, undefined],
    [undefined, 0, undefined],
  ])("of %s ms after %s ms is %s ms", (delayMs, lastedMs, expected) => {
    expect(patientDelayMs(delayMs, unknown, lastedMs)).toBe(expected);
  });

  it("is the same as ever for other failures", () => {
    expect(patientDelayMs(700, failed, 599_000)).toBe(700);
  });
});

describe("the next delay", () => {
  it("is drawn from nothing up to a bound that doubles, until half a minute", () => {
    const bounds = [1, 2, 3, 4, 5, 6, 7, 8, 50, 2000].map((attempt) =>
      Math.round(nextDelayMs(failed, attempt, 0, true, config, most) ?? -1),
    );
    expect(bounds).toEqual([500, 1000, 2000, 4000, 8000, 16_000, 30_000, 30_000, 30_000, 30_000]);
    expect(nextDelayMs(failed, 7, 0, true, config, least)).toBe(0);
    expect(nextDelayMs(failed, 3, 0, true, config, () => 0.25)).toBe(500);
  });

  it("is never less than what the server asks for", () => {
    const asked = { ...failed, retryAfterMs: 1500 };
    expect(nextDelayMs(asked, 1, 0, true, config, least)).toBe(1500);
    expect(nextDelayMs(asked, 1, 0, true, config, most)).toBe(1500);
    expect(nextDelayMs({ ...failed, retryAfterMs: 45_000 }, 9, 0, true, config, most)).toBe(45_000);
    expect(nextDelayMs(asked, 6, 0, true, config, () => 0.5)).toBe(8000);
  });

  it("is none where it would leave no time before the deadline for another attempt", () => {
    const asked = { ...failed, retryAfterMs: 1000 };
    expect(nextDelayMs(asked, 1, 598_990, true, config, least)).toBe(1000);
    expect(nextDelayMs(asked, 1, 598_991, true, config, least)).toBeUndefined();
    expect(nextDelayMs(failed, 1, 599_999.5, true, config, least)).toBeUndefined();
    expect(nextDelayMs({ ...failed, retryAfterMs: 999_999_999_000 }, 1, 0, true, config)).toBeUndefined();
  });

  it("is none where waiting does not help, or the retries are used up", () => {
    expect(nextDelayMs({ ...failed, transient: false }, 1, 0, true, config)).toBeUndefined();
    const twice = { ...config, maxRetries: 2 };
    expect(nextDelayMs(failed, 2, 0, true, twice)).toBeDefined();
    expect(nextDelayMs(failed, 3, 0, true, twice)).toBeUndefined();
    expect(nextDelayMs(failed, 1, 0, true, { ...config, maxRetries: 0 })).toBeUndefined();
  });

  it("is none where a repetition might sign twice and that is not wanted", () => {
    const careful = { ...config, retryAmbiguous: false };
    const ambiguous = { ...failed, ambiguous: true };
    expect(nextDelayMs(ambiguous, 1, 0, false, careful)).toBeUndefined();
    expect(nextDelayMs(ambiguous, 1, 0, true, careful)).toBeDefined();
    expect(nextDelayMs(failed, 1, 0, false, careful)).toBeDefined();
    expect(nextDelayMs(ambiguous, 1, 0, false, config)).toBeDefined();
  });

  it("is within its bounds by chance as well", () => {
    assertProperty(
      fc.property(fc.integer({ min: 1, max: 5000 }), fc.nat(30_000), (attempt, firstDelayMs) => {
        const delay = nextDelayMs(failed, attempt, 0, true, { ...config, firstDelayMs }) ?? -1;
        expect(delay).toBeGreaterThanOrEqual(0);
        expect(delay).toBeLessThanOrEqual(30_000);
      }),
    );
  });
});

describe("Retry-After", () => {
  const now = Date.UTC(2026, 0, 2, 3, 4, 5);

  it.each([
    ["0", 0],
    ["7", 7000],
    [" 120 ", 120_000],
    ["999999999", 999_999_999_000],
    ["Fri, 02 Jan 2026 03:04:15 GMT", 10_000],
    ["Fri, 02 Jan 2026 03:04:05 GMT", 0],
    ["Fri, 02 Jan 2026 03:00:00 GMT", 0],
    ["Friday, 02-Jan-26 03:04:15 GMT", 10_000],
    ["Fri Jan  2 03:04:15 2026", 10_000],
    ["Fri Jan  2 03:04:15 2026 GMT", 10_000],
    ["Mon 5", undefined],
    ["", undefined],
    ["-1", undefined],
    ["1.5", undefined],
    ["1e3", undefined],
    ["soon", undefined],
    ["Soon", undefined],
    ["2026-01-02T03:04:15Z", undefined],
    ["1234567890", undefined],
  ])("%j asks for %s ms", (value, ms) => {
    expect(parseRetryAfter(value, now)).toBe(ms);
  });

  it("asks for the same in whatever time zone this machine is: asctime's form names none and means UTC", () => {
    const zone = process.env["TZ"];
    onTestFinished(() => {
      if (zone === undefined) delete process.env["TZ"];
      else process.env["TZ"] = zone;
    });
    process.env["TZ"] = "Asia/Tokyo";
    expect(new Date(now).getTimezoneOffset()).toBe(-540);
    expect(parseRetryAfter("Fri Jan  2 03:04:15 2026", now)).toBe(10_000);
  });

  it("asks for nothing where it is missing", () => {
    expect(parseRetryAfter(undefined, now)).toBeUndefined();
  });
});

describe("the server's time", () => {
  const now = Date.UTC(2026, 0, 2, 3, 4, 5);

  it.each([
    ["Thu, 01 Jan 2026 03:04:05 GMT", now - 86_400_000],
    [" Fri, 02 Jan 2026 03:05:05 GMT ", now + 60_000],
    ["yesterday", now],
    ["Fri, 99 Jan 2026", now],
    ["", now],
    [undefined, now],
  ])("is by Date %j, or else by this machine's clock", (date, ms) => {
    expect(serverTimeMs(date, now)).toBe(ms);
  });
});
