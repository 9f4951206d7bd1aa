import dns from "node:dns";
import { createServer } from "node:net";
import { inspect } from "node:util";
import { gzipSync } from "node:zlib";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { Undecodable } from "../../../src/api/decode.js";
import type { OutsideRequest } from "../../../src/api/transport/outside.js";
import { Outside } from "../../../src/api/transport/outside.js";
import type { SendOptions } from "../../../src/api/transport/request.js";
import { loadNetwork } from "../../../src/config/load.js";
import { eventually } from "../../support/eventually.js";
import { codedFailureOf } from "../../support/failure.js";
import type { StubAnswer } from "../../support/stub.js";
import { startStub } from "../../support/stub.js";
import { apiClient, TOKEN } from "../support.js";

const CREDENTIALS = { username: "builder", password: "canary-password" };
const BASIC = Buffer.from("builder:canary-password").toString("base64");

function outside(env: Readonly<Record<string, string>> = {}): Outside {
  const made = new Outside(loadNetwork({ SIGNPATH_TIMEOUTS_FIRST_RETRY_DELAY: "0.002", ...env }));
  onTestFinished(() => made.close());
  return made;
}

type Asked = Partial<OutsideRequest<string>>;

function get(from: Outside, url: string, request: Asked = {}, options?: SendOptions): Promise<string> {
  return from.send(
    {
      what: "something",
      peer: "the other server",
      stage: "timestamp",
      method: "GET",
      url: new URL(url),
      accept: "text/plain",
      maxBytes: 100,
      decode: ({ body }) => body.toString(),
      ...request,
    },
    options,
  );
}

function expectNoSecret(error: unknown): void {
  const everything = `${inspect(error, { depth: 9, showHidden: true })}${JSON.stringify(error)}`;
  expect(everything).not.toContain("canary");
  expect(everything).not.toContain(BASIC);
}

describe("a request to another server", () => {
  it("is refused where its address holds the API token, in any form, and nothing is sent", async () => {
    const stub = await startStub(() => ({ body: "" }));
    const from = await apiClient(stub).outside();
    for (const address of [
      `/${TOKEN}`,
      `/?key=${encodeURIComponent(TOKEN)}`,
      `/tsa%2f${TOKEN.replace("/", "%2F")}`,
    ]) {
      const error = await codedFailureOf(get(from, stub.origin + address));
      expect(error).toMatchObject({ code: "CONFIG_INVALID", stage: "timestamp", attempts: 0 });
      expectNoSecret(error);
    }
    expect(stub.requests).toEqual([]);
  });

  it("is a GET or a POST with a body, and asks for what is wanted", async () => {
    const stub = await startStub(({ method, body }) => ({ body: `${method} ${body}` }));
    const from = outside();
    expect(await get(from, `${stub.origin}/a?b=c`)).toBe("GET ");
    const post = { method: "POST", contentType: "text/csv", body: Buffer.from("1,2") } as const;
    expect(await get(from, `${stub.origin}/d`, post)).toBe("POST 1,2");
    const [first, second] = stub.requests;
    expect(first).toMatchObject({ path: "/a?b=c", headers: { accept: "text/plain" } });
    expect(first?.headers["user-agent"]).toMatch(/^signpath-webcrypto\//);
    expect(second).toMatchObject({ path: "/d", headers: { "content-type": "text/csv" } });
    expect(stub.connections).toBe(1);
  });

  it("does not carry the API token of the client whose settings it uses", async () => {
    const stub = await startStub(() => ({ body: "" }));
    const client = apiClient(stub);
    const from = await client.outside();
    await get(from, stub.origin);
    await get(from, stub.origin, { credentials: CREDENTIALS });
    const sent = stub.requests.map(({ headers }) => headers.authorization);
    expect(sent).toEqual([undefined, `Basic ${BASIC}`]);
    expect(JSON.stringify(stub.requests)).not.toContain(TOKEN);
    await codedFailureOf(client.mySigningPolicies());
    expect(stub.requests.at(-1)?.headers.authorization).toBe(`Bearer ${TOKEN}`);
  });

  it.each([
    [400, "REQUEST_REJECTED", 1],
    [401, "AUTHENTICATION_FAILED", 1],
    [403, "FORBIDDEN", 1],
    [404, "REQUEST_REJECTED", 1],
    [429, "THROTTLED", 3],
    [503, "SERVICE_UNAVAILABLE", 3],
  ])("that is answered with status %i fails as %s after %i attempts", async (status, code, attempts) => {
    const stub = await startStub(({ headers }) => ({ status, body: `you sent ${headers.authorization}` }));
    const request = { credentials: CREDENTIALS };
    const error = await codedFailureOf(get(outside(), stub.origin, request, { limits: { maxRetries: 2 } }));
    expect(error).toMatchObject({ code, status, attempts, stage: "timestamp", retryable: attempts > 1 });
    expect(error.message).toMatch(
      /^The other server answered with status \d{3}: you sent Basic \*\*\* \(something, GET to 127/,
    );
    expect(error.message).not.toMatch(/API|SignPath|token/);
    expectNoSecret(error);
    expect(stub.requests).toHaveLength(attempts);
  });

  it("is sent again after a failure that passes", async () => {
    const stub = await startStub((_request, _response, index) =>
      index < 2 ? { status: 503 } : { body: "at last" },
    );
    expect(await get(outside(), stub.origin)).toBe("at last");
  });

  it.each([301, 302, 303, 307, 308])("is not sent on by status %i", async (status) => {
    const elsewhere = await startStub(() => ({ body: "" }));
    const stub = await startStub(() => ({ status, headers: { location: elsewhere.origin } }));
    const error = await codedFailureOf(get(outside(), stub.origin, { credentials: CREDENTIALS }));
    expect(error).toMatchObject({ code: "INVALID_RESPONSE", status, attempts: 1, retryable: false });
    expect(error.message).toContain("a redirect, which is not followed");
    expect(elsewhere.connections).toBe(0);
  });

  it.each<[string, StubAnswer, string]>([
    ["is compressed", { headers: { "content-encoding": "gzip" }, body: gzipSync("x") }, "was not asked for"],
    ["is too long", { body: "x".repeat(101) }, "longer than 100 bytes"],
    ["is not what was asked for", { body: "?" }, "it is a question"],
  ])("fails where the answer %s", async (_what, answer, reason) => {
    const stub = await startStub(() => answer);
    const decode = ({ body }: { body: Buffer }): string => {
      if (body.toString() === "?") throw new Undecodable("it is a question");
      return "";
    };
    const error = await codedFailureOf(get(outside(), stub.origin, { decode }));
    expect(error).toMatchObject({ code: "INVALID_RESPONSE", attempts: 1, retryable: false });
    expect(error.message).toMatch(/^The other server's answer cannot be used: /);
    expect(error.message).toContain(reason);
  });

  it("fails where there is no answer in time", async () => {
    const stub = await startStub(() => undefined);
    const limits = { requestTimeoutMs: 300, maxRetries: 1 };
    const error = await codedFailureOf(get(outside(), stub.origin, {}, { limits }));
    expect(error).toMatchObject({ code: "TIMEOUT", attempts: 2, retryable: true });
    expect(error.message).toMatch(/^The other server did not answer within 300 ms/);
  });

  it("fails where nobody listens", async () => {
    const error = await codedFailureOf(
      get(outside(), "http://127.0.0.1:1/", {}, { limits: { maxRetries: 0 } }),
    );
    expect(error).toMatchObject({ code: "CONNECTION_FAILED", attempts: 1, retryable: true });
    expect(error.message).toContain("Check its address");
  });

  it("ends with its signal, in flight or before", async () => {
    const controller = new AbortController();
    const stub = await startStub(() => {
      controller.abort(new Error("enough"));
      return undefined;
    });
    const from = outside();
    const { signal } = controller;
    for (const attempts of [1, 0]) {
      const error = await codedFailureOf(get(from, stub.origin, {}, { signal }));
      expect(error).toMatchObject({ code: "ABORTED", attempts, cause: { message: "enough" } });
    }
  });

  it("is refused once the client is closed, also where it was the first", async () => {
    const stub = await startStub(() => ({ body: "" }));
    const [used, unused] = [apiClient(stub), apiClient(stub)];
    const from = await used.outside();
    await get(from, stub.origin);
    await Promise.all([used.close(), unused.close()]);
    for (const closed of [from, await unused.outside()]) {
      expect(await codedFailureOf(get(closed, stub.origin))).toMatchObject({ code: "ABORTED", attempts: 0 });
    }
    await eventually(async () => expect(await stub.open()).toBe(0));
  });

  it("keeps the client open until it has ended", async () => {
    let answer = (): void => undefined;
    const stub = await startStub(
      () =>
        new Promise<StubAnswer>((resolve) => {
          answer = () => resolve({ body: "late" });
          void client.close();
          setTimeout(answer, 50);
        }),
    );
    const client = apiClient(stub);
    expect(await get(await client.outside(), stub.origin)).toBe("late");
  });
});

describe("credentials", () => {
  it("are not sent over plain http to another machine, unless that is allowed", async () => {
    const stub = await startStub(() => ({ body: "" }));
    const url = `http://0.0.0.0:${stub.port}/`;
    const error = await codedFailureOf(get(outside(), url, { credentials: CREDENTIALS }));
    expect(error).toMatchObject({ code: "CONFIG_INVALID", attempts: 0, stage: "timestamp" });
    expect(error.message).toContain("SIGNPATH_ALLOW_INSECURE_HTTP");
    expectNoSecret(error);
    expect(stub.connections).toBe(0);
    const from = outside({ SIGNPATH_ALLOW_INSECURE_HTTP: "true" });
    await get(from, url, { credentials: CREDENTIALS });
    expect(stub.requests[0]?.headers.authorization).toBe(`Basic ${BASIC}`);
  });

  it("are not needed for plain http", async () => {
    const stub = await startStub(() => ({ body: "public" }));
    expect(await get(outside(), `http://0.0.0.0:${stub.port}/`)).toBe("public");
  });

  it("of one request are not those of another to the same server", async () => {
    const stub = await startStub(({ headers }) => ({ body: headers.authorization ?? "none" }));
    const from = outside();
    const other = { username: "other", password: "päss" };
    const answers = await Promise.all([
      get(from, stub.origin, { credentials: CREDENTIALS }),
      get(from, stub.origin),
      get(from, stub.origin, { credentials: other }),
    ]);
    const encoded = Buffer.from("other:päss", "utf8").toString("base64");
    expect(answers).toEqual([`Basic ${BASIC}`, "none", `Basic ${encoded}`]);
  });

  it.each([
    ["a colon in the user name", "http://127.0.0.1:1/", { username: "a:b", password: "canary" }],
    ["an address that holds some", "http://builder:canary@127.0.0.1:1/", undefined],
    ["an address that is not http", "ftp://127.0.0.1:1/", undefined],
  ])("are refused with %s", async (_what, url, credentials) => {
    const error = await codedFailureOf(get(outside(), url, { credentials }));
    expect(error).toMatchObject({ code: "CONFIG_INVALID", attempts: 0 });
    expectNoSecret(error);
  });
});

describe("an address that is to be asked once an hour", () => {
  const maxRequestsPerSecond = 1 / 3600;

  it("is not asked by another client meanwhile", async () => {
    const stub = await startStub(() => ({ body: "now" }));
    const url = `${stub.origin}/limited`;
    expect(await get(outside(), url, { maxRequestsPerSecond })).toBe("now");
    const controller = new AbortController();
    const { signal } = controller;
    const waiting = codedFailureOf(get(outside(), url, { maxRequestsPerSecond }, { signal }));
    // It goes by the address, not by the server.
    await get(outside(), `${stub.origin}/other`, { maxRequestsPerSecond });
    controller.abort();
    expect(await waiting).toMatchObject({ code: "ABORTED", attempts: 0 });
    expect(stub.requests.map(({ path }) => path)).toEqual(["/limited", "/other"]);
  });

  it("is not asked again when it has failed", async () => {
    const stub = await startStub(() => ({ status: 503 }));
    const limits = { totalTimeoutMs: 200 };
    const error = await codedFailureOf(get(outside(), stub.origin, { maxRequestsPerSecond }, { limits }));
    expect(error).toMatchObject({ code: "SERVICE_UNAVAILABLE", attempts: 1, retryable: true });
    expect(stub.requests).toHaveLength(1);
  });
});

describe("a request whose host is looked up first", () => {
  it("is waited for when the client is closed, and leaves no connection", async () => {
    let connections = 0;
    const proxy = createServer((socket) => {
      connections++;
      socket.on("error", () => undefined);
      socket.on("data", () => socket.end("HTTP/1.1 403 Forbidden\r\n\r\n"));
    });
    await new Promise<void>((resolve) => proxy.listen(0, "127.0.0.1", resolve));
    onTestFinished(() => void proxy.close());
    const address = proxy.address();
    const port = typeof address === "object" ? address?.port : undefined;
    let found: () => void = () => undefined;
    const lookup = vi.spyOn(dns.promises, "lookup");
    onTestFinished(() => lookup.mockRestore());
    lookup.mockImplementation(async () => {
      await new Promise<void>((resolve) => {
        found = resolve;
      });
      return [{ address: "9.9.9.9", family: 4 }] as never;
    });
    const from = outside({ HTTP_PROXY: `127.0.0.1:${port}` });
    const sent = codedFailureOf(get(from, "http://issuer.example/ca.crt", { onlyPublic: true }));
    let isClosed = false;
    const closed = from.close().then(() => {
      isClosed = true;
    });
    await new Promise((resolve) => setImmediate(resolve));
    expect(isClosed).toBe(false);
    found();
    expect(await sent).toMatchObject({ code: "CONNECTION_FAILED" });
    await closed;
    expect(connections).toBe(1);
    await eventually(() => {
      proxy.getConnections((_, open) => {
        connections = open;
      });
      expect(connections).toBe(0);
    });
  });
});
