import { setTimeout as delay } from "node:timers/promises";
import { describe, expect, it, vi } from "vitest";
import { connect } from "../support/client.js";
import { useEmulator } from "../support/emulator.js";
import { eventually } from "../support/eventually.js";
import { codedFailureOf } from "../support/failure.js";
import { startProxy } from "../support/proxy.js";
import { startRaw } from "../support/raw.js";
import { listenersOf, watchResources } from "../support/resources.js";
import type { AbortPoint, Bench } from "./abort-points.js";
import { POINTS } from "./abort-points.js";
import { RSA, sha256 } from "./routes.js";

/** Longer than any call needs: what ends before has been ended by its signal. */
const LONG_TIMEOUTS = { requestTimeoutMs: 300_000, totalTimeoutMs: 600_000 };
/** Long enough for a request that should not go out to arrive. */
const AFTERMATH_MS = 150;

const emulator = useEmulator({ processingMs: 0 });

async function benchOf({ options }: Pick<AbortPoint, "options">): Promise<Bench> {
  const { apiUrl, organizationId, apiToken, clearFaults } = emulator();
  clearFaults.call(emulator());
  vi.stubEnv("SIGNPATH_TIMEOUTS_FIRST_RETRY_DELAY", "30");
  let held: Promise<void> | undefined;
  let release: () => void = () => undefined;
  const signpath = connect(
    { apiUrl, organizationId, apiToken },
    {
      ...LONG_TIMEOUTS,
      maxConcurrency: 1,
      ...options,
      apiToken: () => (held === undefined ? apiToken : held.then(() => apiToken)),
    },
  );
  const policy = await signpath.policy(`demo/${RSA.slug}`);
  const before = emulator().requests.length;
  return {
    emulator: emulator(),
    signpath,
    policy,
    holdTokens(hold) {
      release();
      held = hold
        ? new Promise((resolve) => {
            release = resolve;
          })
        : undefined;
    },
    received: () =>
      emulator()
        .requests.slice(before)
        .map(({ route }) => route),
  };
}

describe("an abort", () => {
  const rows = POINTS.map((point) => [point.title, point] as const);

  it.each(rows)(
    "%s ends that call, sends no more for it and lets the next one go on",
    async (_title, point) => {
      const watch = watchResources();
      const bench = await benchOf(point);
      const controller = new AbortController();
      const reason = new Error("no longer wanted");
      const { call } = await point.reach(bench, controller.signal);
      const next = bench.policy.signHash(sha256("the next"), RSA.algorithm);
      const sent = bench.emulator.signingRequests.length;
      controller.abort(reason);

      const error = await codedFailureOf(call);
      expect(error).toMatchObject({
        code: "ABORTED",
        stage: "sign",
        retryable: false,
        attempts: point.attempts,
      });
      expect(error.cause).toBe(reason);
      expect(error.signingRequestId !== undefined).toBe(point.namesRequest ?? false);
      expect(
        RSA.verify(await bench.emulator.publicKeyOf(RSA.slug), await next, Buffer.from("the next")),
      ).toBe(true);
      expect(listenersOf(controller.signal)).toBe(0);

      const received = bench.received().length;
      const made = bench.emulator.signingRequests.slice(sent).map(({ hash }) => hash);
      await delay(AFTERMATH_MS);
      expect(bench.received()).toHaveLength(received);
      expect(made).not.toContain(sha256("what is aborted").toString("hex"));
      await bench.signpath.close();
      await watch.expectNothingLeft();
    },
  );

  it("while a proxy is asked for the way gives that connection up, and the next call gets another", async () => {
    const watch = watchResources();
    const proxy = await startProxy(
      (index) => (index === 0 ? 0 : 200),
      Number(new URL(emulator().origin).port),
    );
    const signpath = connect(emulator(), {
      ...LONG_TIMEOUTS,
      maxConcurrency: 1,
      proxy: `http://${proxy.host}`,
    });
    const controller = new AbortController();
    const call = codedFailureOf(signpath.policies({}, { signal: controller.signal }));
    const next = signpath.policies();
    await eventually(() => expect(proxy.requests).toHaveLength(1));
    const reason = new Error("no longer wanted");
    controller.abort(reason);
    expect(await call).toMatchObject({ code: "ABORTED", stage: "policy", cause: reason });
    expect(await next).not.toEqual([]);
    expect(listenersOf(controller.signal)).toBe(0);
    await signpath.close();
    await watch.expectNothingLeft();
  });

  it("in a TLS handshake gives that connection up, and the next call gets another", async () => {
    vi.stubEnv("SIGNPATH_TIMEOUTS_RETRY_COUNT", "0");
    const watch = watchResources();
    const raw = await startRaw((socket, index) => {
      socket.resume();
      if (index > 0) socket.end("no TLS here\r\n");
    });
    const { organizationId, apiToken } = emulator();
    const apiUrl = `${raw.origin.replace("http:", "https:")}/Api`;
    const signpath = connect({ apiUrl, organizationId, apiToken }, { ...LONG_TIMEOUTS, maxConcurrency: 1 });
    const controller = new AbortController();
    const call = codedFailureOf(signpath.policies({}, { signal: controller.signal }));
    const next = codedFailureOf(signpath.policies());
    await eventually(() => expect(raw.open).toBe(1));
    const reason = new Error("no longer wanted");
    controller.abort(reason);
    expect(await call).toMatchObject({ code: "ABORTED", stage: "policy", cause: reason });
    expect(await next).toMatchObject({ code: "TLS_FAILED", attempts: 1 });
    expect(raw.connections).toBe(2);
    expect(listenersOf(controller.signal)).toBe(0);
    await signpath.close();
    await watch.expectNothingLeft();
  });

  it("while a certificate is fetched anew after a wrong signature ends the call", async () => {
    const bench = await benchOf({});
    bench.emulator.addFault({ kind: "other-key", route: "signingRequests" });
    bench.emulator.addFault({ kind: "silence", route: "mySigningPolicies" });
    const controller = new AbortController();
    const call = codedFailureOf(
      bench.policy.signHash(sha256("what is aborted"), RSA.algorithm, { signal: controller.signal }),
    );
    await eventually(() => expect(bench.received()).toContain("mySigningPolicies"));
    controller.abort();
    expect(await call).toMatchObject({ code: "ABORTED" });
  });
});

describe("closing", () => {
  it("waits for a call that waits to be repeated, and refuses what comes later", async () => {
    const watch = watchResources();
    const bench = await benchOf({});
    // The pause that Retry-After asks for is over in a second; without it 30 could be drawn.
    vi.spyOn(Math, "random").mockReturnValue(0);
    bench.emulator.addFault({ kind: "status", status: 503, route: "signingRequests", retryAfter: "1" });
    const call = bench.policy.signHash(sha256("waiting"), RSA.algorithm);
    await eventually(() => expect(bench.received()).toHaveLength(1));
    const closing = bench.signpath.close();
    const late = bench.policy.signHash(sha256("late"), RSA.algorithm);
    expect(await codedFailureOf(late)).toMatchObject({ code: "ABORTED", attempts: 0 });
    expect(await codedFailureOf(bench.signpath.policies())).toMatchObject({ code: "ABORTED", attempts: 0 });
    await closing;
    expect(RSA.verify(await bench.emulator.publicKeyOf(RSA.slug), await call, Buffer.from("waiting"))).toBe(
      true,
    );
    expect(bench.received()).toEqual(["signingRequests", "signingRequests"]);
    await watch.expectNothingLeft();
  });
});
