import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { getEventListeners } from "node:events";
import { describe, expect, it, onTestFinished } from "vitest";
import type { ApiClient } from "../../../src/api/client.js";
import type { RequestEvent } from "../../../src/api/transport/telemetry.js";
import { eventually } from "../../support/eventually.js";
import { codedFailureOf } from "../../support/failure.js";
import { startRaw } from "../../support/raw.js";
import type { Responder, StubAnswer } from "../../support/stub.js";
import { startStub } from "../../support/stub.js";
import { apiClient, HASH, SIGNED, TOKEN, template } from "../support.js";

function sign(client: ApiClient, signal?: AbortSignal): ReturnType<ApiClient["fastSign"]> {
  return client.fastSign(template(client), HASH, { signal });
}

/** Lists policies under a slug that tells the calls apart on the server. */
function list(client: ApiClient, number: number): Promise<unknown> {
  return client.mySigningPolicies({ projectSlug: String(number) });
}

const NONE: StubAnswer = { body: { signingPolicies: [] } };

function later(ms: number, answer: StubAnswer): Promise<StubAnswer> {
  return new Promise((resolve) => setTimeout(() => resolve(answer), ms));
}

/** Answers that a test lets go one by one. */
function held(answer: StubAnswer): {
  respond: Responder;
  release: () => Promise<void>;
  waiting: () => number;
} {
  const waiting: (() => void)[] = [];
  return {
    respond: () => new Promise((resolve) => waiting.push(() => resolve(answer))),
    release: async () => {
      await eventually(() => expect(waiting.length).toBeGreaterThan(0));
      waiting.shift()?.();
    },
    waiting: () => waiting.length,
  };
}

const numberOf = ({ path }: { readonly path: string }): number => Number(/projectSlug=(\d+)/.exec(path)?.[1]);

describe("a request", () => {
  it("has these header fields and no others", async () => {
    const stub = await startStub(() => SIGNED);
    const client = apiClient(stub);
    const made = template(client);
    await client.fastSign(made, HASH);
    await client.signHash(made, HASH).catch(() => undefined);
    await list(client, 1).catch(() => undefined);
    const [fast, signHash, get] = stub.requests;
    const common = {
      host: stub.host,
      connection: "keep-alive",
      "user-agent": expect.stringMatching(
        /^signpath-webcrypto\/\d+\.\d+\.\d+ \(Node\.js \d+\.\d+\.\d+; \w+ \w+\)$/,
      ),
      accept: "application/json",
      authorization: `Bearer ${TOKEN}`,
    };
    const length = (body: Buffer | undefined): string => String(body?.length);
    expect(fast?.headers).toEqual({
      ...common,
      "content-type": made.formContentType,
      "content-length": length(fast?.body),
    });
    expect(signHash?.headers).toEqual({
      ...common,
      "content-type": "application/json",
      "content-length": length(signHash?.body),
    });
    expect(get?.headers).toEqual(common);
  });

  it("goes to the documented routes", async () => {
    const stub = await startStub(() => ({ status: 400 }));
    const client = apiClient(stub);
    const made = template(client);
    const id = "3fa85f64-5717-4562-b3fc-2c963f66afa6";
    const filter = { projectSlug: "a&b=c", signingPolicySlug: "ä/ö?" };
    await Promise.allSettled([
      client.mySigningPolicies(),
      client.mySigningPolicies(filter),
      client.fastSign(made, HASH),
      client.signHash(made, HASH),
      client.submit("signingRequests", made, HASH),
      client.submit("submitWithArtifact", made, HASH),
      client.signingRequestState(id, false),
      client.signingRequestState(id, true),
      client.signedArtifact(id, made, HASH),
    ]);
    const base = "/Api/v1/5d2e9a1c-0f3b-4c6d-8e7f-001122334455";
    expect(stub.requests.map(({ method, path }) => `${method} ${path.replace(base, "")}`).sort()).toEqual([
      "GET /Cryptoki/MySigningPolicies",
      "GET /Cryptoki/MySigningPolicies?projectSlug=a%26b%3Dc&signingPolicySlug=%C3%A4%2F%C3%B6%3F",
      `GET /SigningRequests/${id}`,
      `GET /SigningRequests/${id}/SignedArtifact`,
      `GET /SigningRequests/${id}/Status`,
      "POST /SigningRequests",
      "POST /SigningRequests",
      "POST /SigningRequests/SignHash",
      "POST /SigningRequests/SubmitWithArtifact",
    ]);
  });
});

describe("the limit of requests in flight", () => {
  it("is kept, in the order of the calls, over as many connections", async () => {
    let [inFlight, most] = [0, 0];
    const stub = await startStub(async () => {
      most = Math.max(most, ++inFlight);
      await later(5, NONE);
      inFlight--;
      return NONE;
    });
    const client = apiClient(stub, { maxConcurrency: 3 });
    await Promise.all(Array.from({ length: 20 }, (_, number) => list(client, number)));
    expect(most).toBe(3);
    expect(stub.connections).toBe(3);
    // Those in flight together may overtake each other on the way, never by more.
    stub.requests.map(numberOf).forEach((number, index) => {
      expect(Math.abs(number - index)).toBeLessThan(3);
    });
  });

  it("of one serves calls strictly in their order", async () => {
    const stub = await startStub(() => NONE);
    const client = apiClient(stub, { maxConcurrency: 1 });
    await Promise.all(Array.from({ length: 30 }, (_, number) => list(client, number)));
    expect(stub.requests.map(numberOf)).toEqual(Array.from({ length: 30 }, (_, number) => number));
    expect(stub.connections).toBe(1);
  });

  it("is 64 unless it is set", async () => {
    const { respond, release, waiting } = held(NONE);
    const stub = await startStub(respond);
    const client = apiClient(stub);
    const calls = Array.from({ length: 70 }, (_, number) => list(client, number));
    await eventually(() => expect(waiting()).toBe(64));
    await new Promise((resolve) => setTimeout(resolve, 30));
    expect(stub.requests).toHaveLength(64);
    for (let count = 0; count < 70; count++) await release();
    await Promise.all(calls);
    expect(stub.connections).toBe(64);
  });

  it("is not used up by a call that waits to be repeated", async () => {
    const stub = await startStub((_request, _response, index) =>
      index === 0 ? { status: 503, headers: { "retry-after": "1" } } : NONE,
    );
    const client = apiClient(stub, { maxConcurrency: 1 });
    await Promise.all([0, 1, 2].map((number) => list(client, number)));
    expect(stub.requests.map(numberOf)).toEqual([0, 1, 2, 0]);
  });

  it("is not used up by calls that failed, were aborted or timed out", async () => {
    const stub = await startStub((request) => {
      if (numberOf(request) === 0) return { status: 400 };
      return numberOf(request) === 9 ? NONE : undefined;
    });
    const client = apiClient(stub, { maxConcurrency: 2, totalTimeoutMs: 200 });
    for (let round = 0; round < 3; round++) {
      const aborted = AbortSignal.timeout(10);
      await Promise.allSettled([
        list(client, 0),
        list(client, 1),
        client.mySigningPolicies({ projectSlug: "2" }, { signal: aborted }),
      ]);
    }
    expect(await Promise.all([list(client, 9), list(client, 9), list(client, 9)])).toHaveLength(3);
  });
});

describe("calls one after the other", () => {
  it("use one connection and one request each", async () => {
    const stub = await startStub(() => SIGNED);
    const client = apiClient(stub);
    for (let count = 0; count < 20; count++) await sign(client);
    expect(stub.requests).toHaveLength(20);
    expect(stub.connections).toBe(1);
  });

  it("use one connection after many at once, too", async () => {
    const stub = await startStub(() => SIGNED);
    const client = apiClient(stub);
    await Promise.all(Array.from({ length: 8 }, () => sign(client)));
    const before = stub.connections;
    for (let count = 0; count < 10; count++) await sign(client);
    expect(stub.connections).toBe(before);
    expect(new Set(stub.requests.slice(8).map(({ connection }) => connection)).size).toBe(1);
  });
});

describe("an abort", () => {
  const reason = new Error("enough");

  async function expectAborted(call: Promise<unknown>, attempts: number): Promise<void> {
    const begin = performance.now();
    const error = await codedFailureOf(call);
    expect(performance.now() - begin).toBeLessThan(5000);
    expect(error).toMatchObject({ code: "ABORTED", attempts, retryable: false, cause: reason });
    expect(error.message).toMatch(/^The call was aborted: enough/);
  }

  it("before the call sends nothing", async () => {
    const stub = await startStub(() => SIGNED);
    await expectAborted(sign(apiClient(stub), AbortSignal.abort(reason)), 0);
    expect(stub.connections).toBe(0);
  });

  it("right after the first call sends nothing", async () => {
    const stub = await startStub(() => SIGNED);
    const controller = new AbortController();
    const call = sign(apiClient(stub), controller.signal);
    controller.abort(reason);
    await expectAborted(call, 1);
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(stub.requests).toEqual([]);
  });

  it("while the token is fetched sends nothing", async () => {
    const stub = await startStub(() => SIGNED);
    let give: (token: string) => void = () => undefined;
    const apiToken = (): Promise<string> =>
      new Promise((resolve) => {
        give = resolve;
      });
    const controller = new AbortController();
    const call = sign(apiClient(stub, { apiToken }), controller.signal);
    setTimeout(() => controller.abort(reason), 10);
    await expectAborted(call, 0);
    give("late");
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(stub.requests).toEqual([]);
  });

  it("in the queue ends that call alone, and sends nothing for it", async () => {
    const { respond, release } = held(SIGNED);
    const stub = await startStub(respond);
    const client = apiClient(stub, { maxConcurrency: 1 });
    const controller = new AbortController();
    const [first, second, third] = [sign(client), sign(client, controller.signal), sign(client)];
    await eventually(() => expect(stub.requests).toHaveLength(1));
    controller.abort(reason);
    await expectAborted(second, 0);
    await release();
    await release();
    expect((await Promise.all([first, third])).map(({ attempts }) => attempts)).toEqual([1, 1]);
    expect(stub.requests).toHaveLength(2);
  });

  it("while connecting gives the connection up", async () => {
    const raw = await startRaw((socket) => void socket.resume());
    const origin = raw.origin.replace("http:", "https:");
    const controller = new AbortController();
    const call = sign(apiClient({ origin }), controller.signal);
    await eventually(() => expect(raw.open).toBe(1));
    controller.abort(reason);
    await expectAborted(call, 1);
    await eventually(() => expect(raw.open).toBe(0));
  });

  it("in flight closes the connection, and the next call opens another one", async () => {
    const stub = await startStub((_request, _response, index) => (index === 0 ? undefined : SIGNED));
    const client = apiClient(stub);
    const controller = new AbortController();
    const call = sign(client, controller.signal);
    await eventually(() => expect(stub.requests).toHaveLength(1));
    controller.abort(reason);
    await expectAborted(call, 1);
    await eventually(async () => expect(await stub.open()).toBe(0));
    expect(await sign(client)).toMatchObject({ attempts: 1 });
  });

  it("while the answer arrives closes the connection", async () => {
    const stub = await startStub((_request, response) => {
      response.writeHead(200, { "content-length": 1000 }).write('{"Signature":');
      return undefined;
    });
    const controller = new AbortController();
    const call = sign(apiClient(stub), controller.signal);
    await eventually(() => expect(stub.requests).toHaveLength(1));
    setTimeout(() => controller.abort(reason), 20);
    await expectAborted(call, 1);
    await eventually(async () => expect(await stub.open()).toBe(0));
  });

  it("during the pause before a repetition ends it", async () => {
    const stub = await startStub(() => ({ status: 503, headers: { "retry-after": "9" } }));
    const controller = new AbortController();
    const call = sign(apiClient(stub), controller.signal);
    await eventually(() => expect(stub.requests).toHaveLength(1));
    setTimeout(() => controller.abort(reason), 20);
    await expectAborted(call, 1);
    expect(stub.requests).toHaveLength(1);
  });

  it("by a time limit says so", async () => {
    const stub = await startStub(() => undefined);
    const error = await codedFailureOf(sign(apiClient(stub), AbortSignal.timeout(20)));
    expect(error).toMatchObject({
      code: "ABORTED",
      cause: expect.objectContaining({ name: "TimeoutError" }),
    });
  });

  it("after the call changes nothing, and the signal is let go of", async () => {
    const stub = await startStub((_request, _response, index) =>
      index % 2 === 0 ? { status: 503 } : SIGNED,
    );
    const controller = new AbortController();
    await sign(apiClient(stub), controller.signal);
    await codedFailureOf(sign(apiClient(await startStub(() => ({ status: 400 }))), controller.signal));
    expect(getEventListeners(controller.signal, "abort")).toEqual([]);
    controller.abort(reason);
  });

  it("may be shared by many calls without a warning", async () => {
    const warnings: Error[] = [];
    const onWarning = (warning: Error): number => warnings.push(warning);
    process.on("warning", onWarning);
    onTestFinished(() => void process.off("warning", onWarning));
    const stub = await startStub(() => undefined);
    const client = apiClient(stub);
    const controller = new AbortController();
    const calls = Array.from({ length: 30 }, () => codedFailureOf(sign(client, controller.signal)));
    setTimeout(() => controller.abort(reason), 20);
    for (const error of await Promise.all(calls)) expect(error.code).toBe("ABORTED");
    await new Promise((resolve) => setImmediate(resolve));
    expect(warnings).toEqual([]);
  });
});

describe("closing", () => {
  /** Waits until no more than so many resources are held; a timer to wait by would count itself. */
  async function settled(held: () => string[], most: number): Promise<void> {
    for (let turn = 0; turn < 1000 && held().length > most; turn++) {
      await new Promise((resolve) => setImmediate(resolve));
    }
  }

  it("waits for what is in flight and in the queue, refuses what comes later, and leaves nothing open", async () => {
    const { respond, release } = held(SIGNED);
    const stub = await startStub(respond);
    const client = apiClient(stub, { maxConcurrency: 2 });
    const calls = [sign(client), sign(client), sign(client)];
    await eventually(() => expect(stub.requests).toHaveLength(2));
    let closed = false;
    const closing = client.close().then(() => {
      closed = true;
    });
    const late = await codedFailureOf(sign(client));
    expect(late).toMatchObject({ code: "ABORTED", attempts: 0, message: "The SignPath client is closed" });
    await release();
    await release();
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(closed).toBe(false);
    await release();
    await closing;
    expect((await Promise.all(calls)).map(({ attempts }) => attempts)).toEqual([1, 1, 1]);
    await eventually(async () => expect(await stub.open()).toBe(0));
    expect(stub.requests).toHaveLength(3);
  });

  it("may be asked for twice at once, and again", async () => {
    const { respond, release } = held(SIGNED);
    const client = apiClient(await startStub(respond));
    const call = sign(client);
    const closing = [client.close(), client.close()];
    await release();
    await Promise.all([call, ...closing]);
    await client.close();
  });

  it("has nothing to do for a client that was never used", async () => {
    await apiClient({ origin: "http://127.0.0.1:9" }).close();
  });

  it("leaves no socket and no timer behind", async () => {
    const stub = await startStub((_request, _response, index) => (index < 3 ? { status: 503 } : SIGNED));
    const client = apiClient(stub);
    const held = (): string[] =>
      process.getActiveResourcesInfo().filter((name) => /^(TCPSocketWrap|TLSWrap|Timeout)$/.test(name));
    await settled(held, 1);
    const before = held();
    await Promise.all([sign(client), sign(client), sign(client)]);
    await codedFailureOf(sign(client, AbortSignal.abort()));
    await client.close();
    await settled(held, before.length);
    expect(held().length).toBeLessThanOrEqual(before.length);
  });
});

describe("diagnostics", () => {
  function listen(): RequestEvent[] {
    const events: RequestEvent[] = [];
    const onEvent = (event: unknown): number => events.push(event as RequestEvent);
    subscribe("signpath:request", onEvent);
    onTestFinished(() => void unsubscribe("signpath:request", onEvent));
    return events;
  }

  it("tell of each attempt", async () => {
    const stub = await startStub(
      (_request, _response, index) => [{ status: 503, body: "busy" }, SIGNED, { status: 403 }][index],
    );
    const events = listen();
    const client = apiClient(stub);
    await sign(client);
    await codedFailureOf(sign(client));
    const what = "fast signing request";
    const elapsedMs = expect.any(Number);
    const [first, second] = [events[0]?.call ?? 0, events.at(-1)?.call];
    expect(second).toBe(first + 1);
    expect(events).toEqual([
      { type: "attempt", call: first, what, attempt: 1, elapsedMs },
      {
        type: "retry",
        call: first,
        what,
        attempt: 1,
        code: "SERVICE_UNAVAILABLE",
        message: expect.stringContaining("status 503: busy"),
        delayMs: expect.any(Number),
        elapsedMs,
      },
      { type: "attempt", call: first, what, attempt: 2, elapsedMs },
      { type: "answer", call: first, what, attempt: 2, status: 200, elapsedMs },
      { type: "attempt", call: second, what, attempt: 1, elapsedMs },
      { type: "failure", call: second, what, attempt: 1, code: "FORBIDDEN", elapsedMs },
    ]);
  });

  it("tell who had to wait, and how a call ended that was given up", async () => {
    const stub = await startStub((_request, _response, index) => (index === 0 ? undefined : SIGNED));
    const events = listen();
    const client = apiClient(stub, { maxConcurrency: 1 });
    const controller = new AbortController();
    const [silent, second] = [codedFailureOf(sign(client, controller.signal)), sign(client)];
    await expect.poll(() => stub.requests.length).toBe(1);
    controller.abort();
    await Promise.all([silent, second]);
    const told = events.map(({ type, call }) => [type, call - (events[0]?.call ?? 0)]);
    expect(told).toEqual([
      ["attempt", 0],
      ["queue", 1],
      ["attempt", 1],
      ["failure", 0],
      ["answer", 1],
    ]);
    expect(events[1]).toMatchObject({ waitedMs: expect.any(Number), elapsedMs: expect.any(Number) });
    expect(events[3]).toMatchObject({ code: "ABORTED", attempt: 1 });
  });
});
