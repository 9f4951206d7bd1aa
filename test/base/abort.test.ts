import { getEventListeners } from "node:events";
import { describe, expect, it } from "vitest";
import { forgetAborted, onceAborted, unlessAborted } from "../../src/base/abort.js";

const never = new Promise<never>(() => undefined);
const onAbort = (reason: unknown): Error => new Error(`aborted: ${String(reason)}`);

describe("listeners for one signal", () => {
  it("are told once each and in order, but for those that are forgotten before or meanwhile", () => {
    const controller = new AbortController();
    const { signal } = controller;
    const told: number[] = [];
    const listeners = Array.from({ length: 1000 }, (_, number) => () => {
      told.push(number);
      // The one after it goes with it.
      if (number % 10 === 5) forget(number + 1);
    });
    const forget = (number: number): void => forgetAborted(signal, listeners[number] ?? fail);
    for (const listener of listeners) onceAborted(signal, listener);
    // To the signal they are one: what it does for each would take the longer the more there are.
    expect(getEventListeners(signal, "abort")).toHaveLength(1);
    for (let number = 0; number < 1000; number += 10) forget(number);
    controller.abort();
    expect(told).toEqual(
      Array.from(listeners.keys()).filter((number) => number % 10 !== 0 && number % 10 !== 6),
    );
    for (const number of listeners.keys()) forget(number);
    expect(getEventListeners(signal, "abort")).toEqual([]);
  });

  it("leave the signal with the last of them, and may come again", () => {
    const controller = new AbortController();
    const { signal } = controller;
    let told = 0;
    const tell = (): number => ++told;
    const other = (): void => fail();
    for (let round = 0; round < 3; round++) {
      onceAborted(signal, tell);
      onceAborted(signal, other);
      forgetAborted(signal, tell);
      forgetAborted(signal, tell);
      expect(getEventListeners(signal, "abort")).toHaveLength(1);
      forgetAborted(signal, other);
      expect(getEventListeners(signal, "abort")).toEqual([]);
    }
    onceAborted(signal, tell);
    controller.abort();
    expect(told).toBe(1);
  });
});

function fail(): never {
  throw new Error("it was forgotten");
}

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
