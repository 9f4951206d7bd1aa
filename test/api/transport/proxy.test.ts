import type { Socket } from "node:net";
import { describe, expect, it } from "vitest";
import type { ApiClient } from "../../../src/api/client.js";
import { eventually } from "../../support/eventually.js";
import { codedFailureOf } from "../../support/failure.js";
import { startProxy } from "../../support/proxy.js";
import { startRaw } from "../../support/raw.js";
import { startStub } from "../../support/stub.js";
import { apiClient, HASH, SIGNED, template } from "../support.js";

function sign(client: ApiClient, signal?: AbortSignal): ReturnType<ApiClient["fastSign"]> {
  return client.fastSign(template(client), HASH, { signal });
}

const TUNNEL = "HTTP/1.1 200 Connection established\r\n\r\n";

describe("a proxy", () => {
  it("is asked for a tunnel, once for each connection", async () => {
    const stub = await startStub(() => SIGNED);
    const proxy = await startProxy(() => 200, stub.port);
    const client = apiClient(
      { origin: "http://signpath.test" },
      { allowInsecureHttp: true, proxy: proxy.host },
    );
    for (let count = 0; count < 3; count++) await sign(client);
    expect(proxy.requests.map(({ method, target }) => `${method} ${target}`)).toEqual([
      "CONNECT signpath.test:80",
    ]);
    expect(stub.requests).toHaveLength(3);
    await Promise.all([sign(client), sign(client)]);
    expect(proxy.requests).toHaveLength(2);
    await client.close();
    await eventually(() => expect(proxy.open).toBe(0));
  });

  it("that wants other credentials fails the call for good", async () => {
    const stub = await startStub(() => SIGNED);
    const proxy = await startProxy(() => 407, stub.port);
    const error = await codedFailureOf(
      sign(apiClient(stub, { proxy: `http://user:canary-pass@${proxy.host}` })),
    );
    expect(error).toMatchObject({ code: "CONNECTION_FAILED", attempts: 1, retryable: false });
    expect(error.message).toContain("407");
    expect(error.message).toContain("proxy settings");
    expect(`${error.stack}${String(error.cause)}`).not.toContain("canary");
    expect(proxy.requests).toHaveLength(1);
  });

  it.each([403, 405])("that forbids the tunnel with status %i fails the call for good", async (status) => {
    const stub = await startStub(() => SIGNED);
    const proxy = await startProxy(() => status, stub.port);
    const error = await codedFailureOf(sign(apiClient(stub, { proxy: proxy.host })));
    expect(error).toMatchObject({ code: "CONNECTION_FAILED", attempts: 1, retryable: false });
  });

  it.each([502, 503, 504])("that cannot make the tunnel, with status %i, is asked again", async (status) => {
    const stub = await startStub(() => SIGNED);
    const proxy = await startProxy((index) => (index === 0 ? status : 200), stub.port);
    // Nothing has reached SignPath: there is no doubt about another signing request.
    const client = apiClient(stub, { proxy: proxy.host, retryAmbiguous: false });
    expect(await sign(client)).toMatchObject({ attempts: 2 });
  });

  it("that is not there is a failed connection", async () => {
    const stub = await startStub(() => SIGNED);
    const gone = await startStub(() => SIGNED);
    await new Promise((resolve) => gone.server.close(resolve));
    const client = apiClient(
      stub,
      { proxy: gone.host, retryAmbiguous: false },
      { SIGNPATH_TIMEOUTS_RETRY_COUNT: "1" },
    );
    const error = await codedFailureOf(sign(client));
    expect(error).toMatchObject({ code: "CONNECTION_FAILED", attempts: 2, retryable: true });
    expect(stub.connections).toBe(0);
  });

  it.each<[string, (socket: Socket) => void]>([
    ["hangs up in place of an answer", (socket) => socket.end()],
    ["sends something through the tunnel first", (socket) => socket.write(`${TUNNEL}hello`)],
    ["closes the tunnel at once", (socket) => socket.end(TUNNEL)],
  ])("that %s is called once for each attempt", async (_title, act) => {
    const raw = await startRaw((socket) => socket.once("data", () => act(socket)));
    const client = apiClient(
      { origin: "http://signpath.test" },
      { allowInsecureHttp: true, proxy: raw.origin, requestTimeoutMs: 2000 },
      { SIGNPATH_TIMEOUTS_RETRY_COUNT: "2" },
    );
    expect(await codedFailureOf(sign(client))).toMatchObject({
      code: "CONNECTION_FAILED",
      attempts: 3,
      retryable: true,
    });
    expect(raw.connections).toBe(3);
  });

  it("is left at once where the server behind it does not answer the handshake, and the call is aborted", async () => {
    const silent = await startRaw((socket) => void socket.resume());
    const proxy = await startProxy(() => 200, silent.port);
    const options = { proxy: proxy.host, requestTimeoutMs: 120_000, totalTimeoutMs: 120_000 };
    const client = apiClient({ origin: "https://signpath.test" }, options);
    const controller = new AbortController();
    const error = codedFailureOf(sign(client, controller.signal));
    await eventually(() => expect(silent.open).toBe(1));
    controller.abort();
    expect(await error).toMatchObject({ code: "ABORTED" });
    await client.close();
    await eventually(() => expect([proxy.open, silent.open]).toEqual([0, 0]));
  }, 60_000);

  it("that does not answer is a time-out, and an abort ends the wait", async () => {
    const stub = await startStub(() => SIGNED);
    const proxy = await startProxy(() => 0, stub.port);
    const client = apiClient(stub, { proxy: proxy.host, totalTimeoutMs: 80 });
    expect(await codedFailureOf(sign(client))).toMatchObject({ code: "TIMEOUT" });
    const patient = apiClient(stub, { proxy: proxy.host });
    expect(await codedFailureOf(sign(patient, AbortSignal.timeout(50)))).toMatchObject({ code: "ABORTED" });
    await eventually(() => expect(proxy.open).toBe(0));
  });
});
