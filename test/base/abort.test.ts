import { getEventListeners } from "node:events";
import { describe, expect, it } from "vitest";
import { unlessAborted } from "../../src/base/abort.js";

const never = new Promise<never>(() => undefined);
const onAbort = (reason: unknown): Error => new Error(`aborted: ${String(reason)}`);

describe("waiting unless aborted", () => {
  it("is just waiting without a signal", async () => {
    expect(await unlessAborted(Promise.resolve(1), undefined, onAbort)).toBe(1);
  });

  it("passes the outcome on and lets go of the signal", async () => {
    const { signal } = new AbortController();
    expect(await unlessAborted(Promise.resolve(1), signal, onAbort)).toBe(1);
    await expect(unlessAborted(Promise.reject(new Error("x")), signal, onAbort)).rejects.toThrow("x");
    expect(getEventListeners(signal, "abort")).toEqual([]);
  });

  it("ends with the abort, whether that has been or is to come", async () => {
    await expect(unlessAborted(never, AbortSignal.abort("now"), onAbort)).rejects.toThrow("aborted: now");
    const controller = new AbortController();
    const waiting = unlessAborted(never, controller.signal, onAbort);
    controller.abort("later");
    await expect(waiting).rejects.toThrow("aborted: later");
    expect(getEventListeners(controller.signal, "abort")).toEqual([]);
  });

  it("leaves no rejection behind when the work fails after the abort", async () => {
    let fail: (error: Error) => void = () => undefined;
    const work = new Promise<never>((_resolve, reject) => {
      fail = reject;
    });
    await expect(unlessAborted(work, AbortSignal.abort("now"), onAbort)).rejects.toThrow("aborted");
    fail(new Error("too late"));
    await new Promise((resolve) => setImmediate(resolve));
  });
});
