import { subscribe, unsubscribe } from "node:diagnostics_channel";
import type { Socket } from "node:net";
import { describe, expect, it, onTestFinished } from "vitest";
import type { ApiClient } from "../../../src/api/client.js";
import { networkFailure } from "../../../src/api/transport/failure.js";
import type { RequestEvent } from "../../../src/api/transport/telemetry.js";
import type { SignPathError } from "../../../src/base/errors.js";
import type { SignPathOptions } from "../../../src/config/options.js";
import { codedFailureOf } from "../../support/failure.js";
import { startRaw } from "../../support/raw.js";
import type { Responder } from "../../support/stub.js";
import { startStub } from "../../support/stub.js";
import { apiClient, HASH, SIGNED, TOKEN, template } from "../support.js";

function sign(client: ApiClient): ReturnType<ApiClient["fastSign"]> {
  return client.fastSign(template(client), HASH);
}

const OK = `HTTP/1.1 200 OK\r\nContent-Length: 26\r\n\r\n{"Signature":"c2lnbmF0dXJl"}`.replace(
  "26",
  String(JSON.stringify(SIGNED.body).length),
);

/** A failing answer first, then good ones. */
function failing(times: number, answer: Awaited<ReturnType<Responder>>): Responder {
  return (_request, _response, index) => (index < times ? answer : SIGNED);
}

/** Far longer than it takes on a busy machine, and far shorter than what is not to be waited for. */
const SOON_MS = 10_000;

async function timed<T>(work: Promise<T>): Promise<[T, number]> {
  const begin = performance.now();
  const result = await work;
  return [result, performance.now() - begin];
}

describe("a failed attempt", () => {
  it.each([408, 429, 500, 502, 503, 504, 511, 599])(
    "with status %i is repeated as it was",
    async (status) => {
      const stub = await startStub(failing(2, { status, body: "busy" }));
      const client = apiClient(stub);
      expect(await sign(client)).toMatchObject({
        attempts: 3,
        signature: new Uint8Array(Buffer.from("signature")),
      });
      const [first, second, third] = stub.requests;
      expect(stub.requests).toHaveLength(3);
      for (const later of [second, third]) {
        expect(later?.body).toEqual(first?.body);
        expect(later?.headers).toEqual(first?.headers);
      }
      expect(first?.headers.authorization).toBe(`Bearer ${TOKEN}`);
      // The connection is good for another request: nothing was left unread on it.
      expect(stub.connections).toBe(1);
    },
  );

  it.each([400, 401, 403, 404, 405, 407, 409, 410, 413, 415, 422, 451])(
    "with status %i is not repeated",
    async (status) => {
      const stub = await startStub(failing(1, { status }));
      const error = await codedFailureOf(sign(apiClient(stub)));
      expect(error).toMatchObject({ status, attempts: 1, retryable: false, stage: "sign" });
      expect(stub.requests).toHaveLength(1);
    },
  );

  it("is repeated as often as is configured", async () => {
    const stub = await startStub(failing(9, { status: 503 }));
    const client = apiClient(
      stub,
      {},
      { SIGNPATH_TIMEOUTS_RETRY_COUNT: "3", SIGNPATH_TIMEOUTS_FIRST_RETRY_DELAY: "0.001" },
    );
    const error = await codedFailureOf(sign(client));
    expect(error).toMatchObject({ code: "SERVICE_UNAVAILABLE", status: 503, attempts: 4, retryable: true });
    expect(error.message).toMatch(
      new RegExp(
        `^SignPath answered with status 503 \\(fast signing request, POST to ${stub.host}, 4 attempts, \\d+ ms\\) The service may be down`,
      ),
    );
    expect(stub.requests).toHaveLength(4);
  });

  it("is not repeated where no retries are configured", async () => {
    const stub = await startStub(failing(9, { status: 503 }));
    const client = apiClient(stub, {}, { SIGNPATH_TIMEOUTS_RETRY_COUNT: "0" });
    expect(await codedFailureOf(sign(client))).toMatchObject({ attempts: 1 });
    expect(stub.requests).toHaveLength(1);
  });

  it("is followed by a pause", async () => {
    const stub = await startStub(failing(6, { status: 503 }));
    await sign(apiClient(stub, {}, { SIGNPATH_TIMEOUTS_FIRST_RETRY_DELAY: "0.02" }));
    const gaps = stub.requests.slice(1).map(({ at }, index) => at - (stub.requests[index]?.at ?? 0));
    // Full jitter: each is from nothing to 20, 40, 80, 160, 320, 640 ms.
    expect(Math.max(...gaps)).toBeGreaterThan(5);
  });

  it("asks the function for the token anew", async () => {
    const stub = await startStub(failing(2, { status: 503 }));
    const tokens = ["one", "two", "three", "four"];
    const client = apiClient(stub, { apiToken: async () => tokens.shift() ?? "none" });
    await sign(client);
    await sign(client);
    expect(stub.requests.map(({ headers }) => headers.authorization)).toEqual([
      "Bearer one",
      "Bearer two",
      "Bearer three",
      "Bearer four",
    ]);
  });
});

describe("Retry-After", () => {
  it("is waited for, be it seconds or a date", async () => {
    const inSeconds = await startStub(failing(1, { status: 429, headers: { "retry-after": "1" } }));
    const date = new Date(Math.ceil(Date.now() / 1000) * 1000 + 1000);
    const byDate = await startStub(
      failing(1, { status: 503, headers: { "retry-after": date.toUTCString() } }),
    );
    await Promise.all([
      sign(apiClient(inSeconds)),
      sign(apiClient(byDate)).then(() => {
        expect(Date.now()).toBeGreaterThanOrEqual(date.getTime() - 5);
      }),
    ]);
    const [first, second] = inSeconds.requests;
    expect((second?.at ?? 0) - (first?.at ?? 0)).toBeGreaterThanOrEqual(995);
  });

  it.each(["0", "Thu, 01 Jan 2026 00:00:00 GMT", "soon"])("%j does not hold up", async (value) => {
    const stub = await startStub(failing(1, { status: 503, headers: { "retry-after": value } }));
    const waits: number[] = [];
    const onEvent = (event: unknown): void => {
      const told = event as RequestEvent;
      if (told.type === "retry") waits.push(told.delayMs);
    };
    subscribe("signpath:request", onEvent);
    onTestFinished(() => void unsubscribe("signpath:request", onEvent));
    await sign(apiClient(stub));
    expect(waits).toHaveLength(1);
    // No more than the first pause of these tests.
    expect(waits[0]).toBeLessThanOrEqual(2);
  });

  it.each([
    [429, "THROTTLED", "60"],
    [503, "SERVICE_UNAVAILABLE", new Date(Date.now() + 3_600_000).toUTCString()],
    [500, "SERVICE_UNAVAILABLE", "999999999"],
  ])("past the deadline fails the call at once: status %i is %s", async (status, code, retryAfter) => {
    const stub = await startStub(failing(9, { status, headers: { "retry-after": retryAfter } }));
    const [error, elapsed] = await timed(codedFailureOf(sign(apiClient(stub, { totalTimeoutMs: 30_000 }))));
    expect(error).toMatchObject({ code, status, attempts: 1, retryable: true });
    expect(elapsed).toBeLessThan(SOON_MS);
  });
});

describe("the deadlines", () => {
  it("end an attempt that gets no answer, and the next one is made over another connection", async () => {
    const stub = await startStub((_request, _response, index) => (index === 0 ? undefined : SIGNED));
    expect(await sign(apiClient(stub, { requestTimeoutMs: 250 }))).toMatchObject({ attempts: 2 });
    expect(stub.connections).toBe(2);
    expect(await stub.open()).toBe(1);
  });

  it("end an attempt whose answer does not end", async () => {
    const stub = await startStub((_request, response, index) => {
      if (index > 0) return SIGNED;
      response.writeHead(200, { "content-length": 100 }).write('{"Signature":');
      return undefined;
    });
    expect(await sign(apiClient(stub, { requestTimeoutMs: 250 }))).toMatchObject({ attempts: 2 });
  });

  it("end the call, as a time-out where the last attempt was one", async () => {
    const stub = await startStub(() => undefined);
    const client = apiClient(stub, { requestTimeoutMs: 150, totalTimeoutMs: 800 });
    const [error, elapsed] = await timed(codedFailureOf(sign(client)));
    expect(error).toMatchObject({ code: "TIMEOUT", retryable: true });
    expect(error.status).toBeUndefined();
    expect(error.attempts).toBeGreaterThan(1);
    // The last one may have ended before its connection was there.
    expect(stub.requests.length).toBeLessThanOrEqual(error.attempts);
    expect(error.message).toContain("raise requestTimeoutMs");
    expect(elapsed).toBeLessThan(SOON_MS);
  });

  it("cut an attempt's time to what is left of the call's", async () => {
    const stub = await startStub(() => undefined);
    const client = apiClient(stub, { requestTimeoutMs: 60_000, totalTimeoutMs: 500 });
    const [error, elapsed] = await timed(codedFailureOf(sign(client)));
    expect(error).toMatchObject({ code: "TIMEOUT", attempts: 1 });
    expect(error.message).toMatch(/did not answer within 500 ms/);
    expect(elapsed).toBeLessThan(SOON_MS);
  });

  it("leave the last attempt's code where it was no time-out", async () => {
    const stub = await startStub((_request, _response, index) =>
      index === 0 ? undefined : { status: 503, headers: { "retry-after": "60" } },
    );
    const client = apiClient(stub, { requestTimeoutMs: 250, totalTimeoutMs: 5000 });
    expect(await codedFailureOf(sign(client))).toMatchObject({ code: "SERVICE_UNAVAILABLE", attempts: 2 });
  });

  it("hold for a connection that cannot be made, too", async () => {
    const raw = await startRaw(() => undefined);
    const origin = raw.origin.replace("http:", "https:");
    const client = apiClient({ origin }, { requestTimeoutMs: 60, totalTimeoutMs: 100 });
    const [error, elapsed] = await timed(codedFailureOf(sign(client)));
    expect(error).toMatchObject({ code: "TIMEOUT", retryable: true });
    expect(error.message).toContain("a connection to SignPath were not to be had");
    expect(elapsed).toBeLessThan(SOON_MS);
  });

  it("hold for a token that does not come, too", async () => {
    const stub = await startStub(() => SIGNED);
    const client = apiClient(stub, {
      apiToken: () => new Promise(() => undefined),
      requestTimeoutMs: 30,
      totalTimeoutMs: 80,
    });
    const [error, elapsed] = await timed(codedFailureOf(sign(client)));
    expect(error).toMatchObject({ code: "TIMEOUT", attempts: 0 });
    expect(error.message).toMatch(/^The API token .* were not to be had within \d+ ms/);
    expect(elapsed).toBeLessThan(SOON_MS);
    expect(stub.requests).toEqual([]);
  });

  it("count from a call's first turn, not from its time in the queue", async () => {
    const stub = await startStub(() => new Promise((resolve) => setTimeout(() => resolve(SIGNED), 150)));
    const client = apiClient(stub, { maxConcurrency: 1, requestTimeoutMs: 800, totalTimeoutMs: 800 });
    const signed = await Promise.all(Array.from({ length: 7 }, () => sign(client)));
    expect(signed.map(({ attempts }) => attempts)).toEqual(signed.map(() => 1));
  });

  it("end a call that waits for its second turn behind others, with the code of its attempt", async () => {
    const stub = await startStub(async (_request, _response, index) => {
      if (index > 0) return undefined;
      await new Promise((resolve) => setTimeout(resolve, 100));
      return { status: 503 };
    });
    const client = apiClient(
      stub,
      { maxConcurrency: 1, totalTimeoutMs: 400 },
      { SIGNPATH_TIMEOUTS_FIRST_RETRY_DELAY: "0" },
    );
    const first = codedFailureOf(sign(client));
    const other = codedFailureOf(sign(client));
    let isLate = false;
    const timer = setTimeout(() => {
      isLate = true;
    }, 450);
    onTestFinished(() => clearTimeout(timer));
    expect(await first).toMatchObject({ code: "SERVICE_UNAVAILABLE", status: 503, attempts: 1 });
    // Its turn would have come when the next one has ended, after 500 ms; timers fire in their order on a busy machine, too.
    expect(isLate).toBe(false);
    expect(await other).toMatchObject({ code: "TIMEOUT", attempts: 1 });
    expect(stub.requests).toHaveLength(2);
  });

  it("end a call whose pause lasted longer than it should have, without another attempt", async () => {
    const stub = await startStub(() => ({ status: 503 }));
    const client = apiClient(stub, { totalTimeoutMs: 400 });
    const onEvent = (event: unknown): void => {
      if ((event as RequestEvent).type !== "retry") return;
      // The process is busy until the deadline has passed.
      for (const end = performance.now() + 420; performance.now() < end; );
    };
    subscribe("signpath:request", onEvent);
    onTestFinished(() => void unsubscribe("signpath:request", onEvent));
    const error = await codedFailureOf(sign(client));
    expect(error).toMatchObject({ code: "SERVICE_UNAVAILABLE", status: 503, attempts: 1 });
    expect(stub.requests).toHaveLength(1);
  });
});

describe("a connection", () => {
  const expectUnreachable = (error: SignPathError, attempts: number): void => {
    expect(error).toMatchObject({ code: "CONNECTION_FAILED", attempts, retryable: true });
    expect(error.message).toContain("Check ApiUrl, the network and the proxy settings.");
    expect(error.cause).toBeInstanceOf(Error);
  };

  it("that is refused is tried again", async () => {
    const stub = await startStub(() => SIGNED);
    await new Promise((resolve) => stub.server.close(resolve));
    const client = apiClient(stub, { retryAmbiguous: false }, { SIGNPATH_TIMEOUTS_RETRY_COUNT: "2" });
    const error = await codedFailureOf(sign(client));
    expectUnreachable(error, 3);
    expect(error.message).toMatch(/ECONNREFUSED/);
  });

  it("to a host that does not exist is tried again", async () => {
    const client = apiClient(
      { origin: "https://signpath.invalid" },
      { retryAmbiguous: false },
      { SIGNPATH_TIMEOUTS_RETRY_COUNT: "1" },
    );
    expectUnreachable(await codedFailureOf(sign(client)), 2);
  });

  it("to a host that does not exist is given up long before the total time-out", async () => {
    const client = apiClient({ origin: "https://signpath.invalid" }, { totalTimeoutMs: 600_000 });
    const error = await codedFailureOf(sign(client));
    expectUnreachable(error, error.attempts);
    expect(error.attempts).toBeGreaterThan(3);
  }, 60_000);

  it("is given all the time where no name server answers, or nothing else is wrong", () => {
    const patienceOf = (code: string): number | undefined =>
      networkFailure(Object.assign(new Error(code), { code }), false).patienceMs;
    expect(["ENOTFOUND", "EAI_AGAIN", "ECONNREFUSED"].map(patienceOf)).toEqual([
      10_000,
      undefined,
      undefined,
    ]);
  });

  it.each<[string, (socket: Socket) => void]>([
    ["is reset", (socket) => socket.resetAndDestroy()],
    ["is closed without an answer", (socket) => socket.end()],
    ["breaks in the headers", (socket) => socket.end("HTTP/1.1 200 OK\r\nContent-Ty")],
    [
      "breaks in the body",
      (socket) => socket.end('HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\n{"Signature":'),
    ],
    [
      "breaks in a chunk",
      (socket) => socket.end('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n20\r\n{"Si'),
    ],
    ["speaks something else", (socket) => socket.end("220 mail.example ESMTP\r\n")],
  ])("that %s is tried again, unless that might sign twice", async (_what, answer) => {
    const raw = await startRaw((socket, index) => {
      socket.once("data", () => (index === 0 ? answer(socket) : socket.end(OK)));
    });
    expect(await sign(apiClient(raw))).toMatchObject({ attempts: 2 });

    const careful = await startRaw((socket) => {
      socket.once("data", () => answer(socket));
    });
    expectUnreachable(await codedFailureOf(sign(apiClient(careful, { retryAmbiguous: false }))), 1);
    expect(careful.connections).toBe(1);
  });

  it("that the server closed while it was idle is opened anew", async () => {
    const stub = await startStub(() => SIGNED);
    const client = apiClient(stub);
    await sign(client);
    stub.server.closeAllConnections();
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(await sign(client)).toMatchObject({ attempts: 1 });
    expect(stub.connections).toBe(2);
  });

  it("may bring other informative answers first", async () => {
    const raw = await startRaw((socket) => {
      socket.once("data", () =>
        socket.end(`HTTP/1.1 102 Processing\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n${OK}`),
      );
    });
    expect(await sign(apiClient(raw))).toMatchObject({ attempts: 1 });
  });
});

describe("without a repetition that might sign twice", () => {
  const careful: SignPathOptions = { retryAmbiguous: false };

  it.each([500, 502, 504])("a signing request is not sent again after status %i", async (status) => {
    const stub = await startStub(failing(1, { status }));
    expect(await codedFailureOf(sign(apiClient(stub, careful)))).toMatchObject({
      status,
      attempts: 1,
      retryable: true,
    });
    expect(stub.requests).toHaveLength(1);
  });

  it("a signing request is not sent again after a time-out", async () => {
    const stub = await startStub(failing(1, undefined));
    const client = apiClient(stub, { ...careful, requestTimeoutMs: 500 });
    expect(await codedFailureOf(sign(client))).toMatchObject({ code: "TIMEOUT", attempts: 1 });
    expect(stub.requests).toHaveLength(1);
  });

  it.each([408, 429, 503])(
    "a signing request is sent again after status %i, which has not signed",
    async (status) => {
      const stub = await startStub(failing(1, { status }));
      expect(await sign(apiClient(stub, careful))).toMatchObject({ attempts: 2 });
    },
  );

  it("a signing request that was not sent, because the token did not come, is tried again", async () => {
    const stub = await startStub(() => SIGNED);
    let asked = 0;
    const apiToken = (): Promise<string> =>
      ++asked === 1 ? new Promise(() => undefined) : Promise.resolve("token");
    expect(await sign(apiClient(stub, { ...careful, apiToken, requestTimeoutMs: 250 }))).toMatchObject({
      attempts: 1,
    });
    expect(asked).toBe(2);
  });

  it.each([500, 502, 504])("a request that only reads is sent again after status %i", async (status) => {
    const stub = await startStub((_request, _response, index) =>
      index === 0 ? { status } : { body: { signingPolicies: [] } },
    );
    expect(await apiClient(stub, careful).mySigningPolicies()).toEqual([]);
    expect(stub.requests).toHaveLength(2);
  });
});
