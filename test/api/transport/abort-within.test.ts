import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { setTimeout as delay } from "node:timers/promises";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import type { ApiClient } from "../../../src/api/client.js";
import type { RequestEvent } from "../../../src/api/transport/telemetry.js";
import { codedFailureOf } from "../../support/failure.js";
import { startStub } from "../../support/stub.js";
import { apiClient, HASH, SIGNED, TOKEN, template } from "../support.js";

function sign(client: ApiClient, signal?: AbortSignal): ReturnType<ApiClient["fastSign"]> {
  return client.fastSign(template(client), HASH, { signal });
}

/** Aborts as soon as an event of a kind is told, from within the subscriber. */
function abortAt(type: RequestEvent["type"]): AbortSignal {
  const controller = new AbortController();
  const listener = (event: unknown): void => {
    if ((event as RequestEvent).type === type) controller.abort(new Error("enough"));
  };
  subscribe("signpath:request", listener);
  onTestFinished(() => void unsubscribe("signpath:request", listener));
  return controller.signal;
}

/** Long enough for a request that was not to be sent to arrive. */
const AFTERMATH_MS = 50;

describe("an abort by who is told of", () => {
  it.each([
    ["the turn", "queue", 1, 0],
    ["an attempt", "attempt", 0, 1],
    ["a retry", "retry", 1, 1],
    ["an answer", "answer", 1, 1],
  ] as const)(
    "%s sends nothing more and lets the next call go on",
    async (_title, type, requests, attempts) => {
      const stub = await startStub((_request, _response, index) =>
        type === "retry" && index === 0 ? { status: 503 } : SIGNED,
      );
      const client = apiClient(stub, { maxConcurrency: 1 });
      const before = type === "queue" ? sign(client) : undefined;
      const aborted = codedFailureOf(sign(client, abortAt(type)));
      await before;
      expect(await aborted).toMatchObject({ code: "ABORTED", attempts });
      expect(client.inFlight).toBe(0);
      await delay(AFTERMATH_MS);
      expect(stub.requests).toHaveLength(requests);
      expect(await sign(client)).toMatchObject({ attempts: 1 });
      expect(stub.requests).toHaveLength(requests + 1);
    },
  );

  it("a retry's lane, which another call gets, sends nothing more", async () => {
    const controller = new AbortController();
    const stub = await startStub((_request, _response, index) => (index === 0 ? { status: 503 } : SIGNED));
    let asked = 0;
    const apiToken = (): string => {
      if (++asked === 2) controller.abort(new Error("enough"));
      return TOKEN;
    };
    // The retry would come when the next call has given the lane back.
    vi.spyOn(Math, "random").mockReturnValue(0.999);
    const env = { SIGNPATH_TIMEOUTS_FIRST_RETRY_DELAY: "0.1" };
    const client = apiClient(stub, { maxConcurrency: 1, apiToken }, env);
    const [aborted, next] = [codedFailureOf(sign(client, controller.signal)), sign(client)];
    expect(await aborted).toMatchObject({ code: "ABORTED", attempts: 1 });
    await next;
    await delay(4 * AFTERMATH_MS);
    expect(stub.requests).toHaveLength(2);
    expect(client.inFlight).toBe(0);
  });
});

describe("an abort by the function that supplies the token", () => {
  it("sends nothing, and leaves no deadline to the call that gets the lane", async () => {
    const controller = new AbortController();
    const stub = await startStub(() => SIGNED);
    const apiToken = (): string => {
      controller.abort(new Error("enough"));
      return TOKEN;
    };
    const client = apiClient(stub, { maxConcurrency: 1, apiToken, requestTimeoutMs: AFTERMATH_MS });
    expect(await codedFailureOf(sign(client, controller.signal))).toMatchObject({
      code: "ABORTED",
      attempts: 0,
    });
    await delay(2 * AFTERMATH_MS);
    expect(stub.requests).toEqual([]);
    expect(client.inFlight).toBe(0);
  });
});
