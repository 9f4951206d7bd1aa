import { inspect } from "node:util";
import { describe, expect, it, vi } from "vitest";
import type { TimestampOptions } from "../../../src/cms/index.js";
import { isTimestampError, timestamp } from "../../../src/cms/index.js";
import { useEmulator } from "../../support/emulator.js";
import { codedFailureOf } from "../../support/failure.js";
import type { Stub, StubAnswer } from "../../support/stub.js";
import { startStub } from "../../support/stub.js";
import { DIGEST, onlyFailureOf, timestampFailureOf } from "./support.js";

const emulator = useEmulator();

/** Passes on to the emulator's authority. */
function relaying(): Promise<Stub> {
  return startStub(async ({ body, headers }): Promise<StubAnswer> => {
    const answer = await fetch(emulator().timestampUrl, {
      method: "POST",
      body: new Uint8Array(body),
      headers: { "content-type": String(headers["content-type"]) },
    });
    return {
      status: answer.status,
      headers: { "content-type": String(answer.headers.get("content-type")) },
      body: new Uint8Array(await answer.arrayBuffer()),
    };
  });
}

function answering(status: number): Promise<Stub> {
  return startStub(() => ({ status }));
}

function quick(): void {
  vi.stubEnv("SIGNPATH_TIMEOUTS_FIRST_RETRY_DELAY", "0.002");
}

function counts(...stubs: readonly Stub[]): number[] {
  return stubs.map(({ requests }) => requests.length);
}

describe("of several authorities", () => {
  it("the first is asked alone where it answers", async () => {
    const [first, second] = [await relaying(), await relaying()];
    const { authority } = await timestamp(DIGEST, { authorities: [first.origin, second.origin] });
    expect(authority).toBe(`${first.origin}/`);
    expect(counts(first, second)).toEqual([1, 0]);
  });

  it("the next is asked at once where one fails for good, and after some retries where it fails in passing", async () => {
    quick();
    const [refusing, busy, good] = [await answering(403), await answering(503), await relaying()];
    const { authority } = await timestamp(DIGEST, {
      authorities: [refusing.origin, busy.origin, { url: good.origin, retries: 0 }],
      retries: 3,
    });
    expect(authority).toBe(`${good.origin}/`);
    expect(counts(refusing, busy, good)).toEqual([1, 4, 1]);
  });

  it("each may have retries of its own, and two where nothing is said", async () => {
    quick();
    const [one, other] = [await answering(503), await answering(503)];
    const error = await timestampFailureOf(
      timestamp(DIGEST, { authorities: [{ url: one.origin, retries: 0 }, other.origin] }),
    );
    expect(counts(one, other)).toEqual([1, 3]);
    expect(error).toMatchObject({ code: "TIMESTAMP_FAILED", attempts: 4, retryable: true });
  });

  it("all that fail are told of, each with its code", async () => {
    const [refusing, unknown] = [await answering(403), await answering(404)];
    const error = await timestampFailureOf(
      timestamp(DIGEST, {
        authorities: [refusing.origin, "http://127.0.0.1:1/", unknown.origin],
        retries: 0,
      }),
    );
    expect(isTimestampError(error)).toBe(true);
    expect(error).toMatchObject({
      code: "TIMESTAMP_FAILED",
      stage: "timestamp",
      retryable: true,
      attempts: 3,
    });
    const codes = ["FORBIDDEN", "CONNECTION_FAILED", "REQUEST_REJECTED"];
    expect(error.failures.map(({ code }) => code)).toEqual(codes);
    expect(error.failures.every(({ stage }) => stage === "timestamp")).toBe(true);
    for (const code of codes) expect(error.message).toContain(code);
    expect(error.message).toContain(refusing.host);
    expect(error.cause).toBe(error.failures[2]);
    expect(JSON.parse(JSON.stringify(error))).toMatchObject({ failures: codes.map((code) => ({ code })) });
  });

  it("a failure for good alone is none that may pass", async () => {
    const refusing = await answering(403);
    const error = await timestampFailureOf(timestamp(DIGEST, { authorities: [refusing.origin] }));
    expect(error).toMatchObject({ retryable: false, attempts: 1 });
  });

  it("each begins in its turn where the load is spread, and the others stand by", async () => {
    const [first, second, third] = [await relaying(), await relaying(), await answering(400)];
    const authorities = [first, second, third].map(({ origin }) => origin);
    for (let call = 0; call < 6; call++) await timestamp(DIGEST, { authorities, order: "spread" });
    // Those that begin with the third, which refuses, go on to the first.
    expect(counts(first, second, third)).toEqual([4, 2, 2]);
  });

  it("none is asked any more once the time is up", async () => {
    const silent = await startStub(() => undefined);
    const later = await relaying();
    const options: TimestampOptions = {
      authorities: [silent.origin, later.origin],
      totalTimeoutMs: 150,
    };
    const error = await timestampFailureOf(timestamp(DIGEST, options));
    expect(error.failures.map(({ code, attempts }) => [code, attempts])).toEqual([
      ["TIMEOUT", 1],
      ["TIMEOUT", 0],
    ]);
    expect(later.requests).toHaveLength(0);
  });

  it("one that may be asked once an hour is asked once, and the other one has the rest", async () => {
    const [limited, other] = [await relaying(), await relaying()];
    const authorities = [{ url: limited.origin, maxRequestsPerSecond: 1 / 3600 }, other.origin];
    const { authority } = await timestamp(DIGEST, { authorities });
    expect(authority).toBe(`${limited.origin}/`);
    const controller = new AbortController();
    const waiting = codedFailureOf(timestamp(DIGEST, { authorities, signal: controller.signal }));
    await timestamp(DIGEST, { authorities: [other.origin] });
    controller.abort();
    expect(await waiting).toMatchObject({ code: "ABORTED" });
    expect(counts(limited, other)).toEqual([1, 1]);
  });
});

describe("credentials", () => {
  const encoded = Buffer.from("us@er:p:ss/canary").toString("base64");

  it.each<[string, (origin: string) => TimestampOptions["authorities"]]>([
    ["the options", (url) => [{ url, username: "us@er", password: "p:ss/canary" }]],
    ["the address", (origin) => [origin.replace("//", "//us%40er:p%3Ass%2Fcanary@")]],
    [
      "the options, over the address's",
      (origin) => [{ url: origin.replace("//", "//a:b@"), username: "us@er", password: "p:ss/canary" }],
    ],
  ])("of %s are sent, and are in no error", async (_place, authorities) => {
    const stub = await startStub(({ headers }) => ({
      status: 401,
      headers: { "www-authenticate": "Basic" },
      body: `wrong: ${headers.authorization} us@er:p:ss/canary`,
    }));
    const failing = timestampFailureOf(timestamp(DIGEST, { authorities: authorities(stub.origin) }));
    const error = await failing;
    expect(stub.requests[0]?.headers.authorization).toBe(`Basic ${encoded}`);
    expect(error.failures[0]).toMatchObject({ code: "AUTHENTICATION_FAILED", attempts: 1 });
    const everything = inspect(error, { depth: 9, showHidden: true }) + JSON.stringify(error) + error.stack;
    for (const secret of ["canary", encoded]) expect(everything).not.toContain(secret);
    expect(everything).toContain("Check its user name and password.");
  });

  it("that an authority repeats in its refusal are not passed on", async () => {
    const words = Buffer.from("bad canary!");
    const text = Buffer.concat([Buffer.of(0x0c, words.length), words]);
    const status = Buffer.concat([Buffer.from("020102", "hex"), Buffer.of(0x30, text.length), text]);
    const body = Buffer.concat([Buffer.of(0x30, status.length + 2, 0x30, status.length), status]);
    const stub = await startStub(() => ({
      headers: { "content-type": "application/timestamp-reply" },
      body,
    }));
    const authorities = [{ url: stub.origin, username: "builder", password: "canary" }];
    const error = await onlyFailureOf(timestamp(DIGEST, { authorities }));
    expect(error.message).toContain("rejection (bad ***!)");
  });

  it("over plain http to another machine cost that authority its turn, unless that is allowed", async () => {
    const stub = await relaying();
    const url = `http://builder:canary@0.0.0.0:${stub.port}/`;
    const error = await onlyFailureOf(timestamp(DIGEST, { authorities: [url] }));
    expect(error).toMatchObject({ code: "CONFIG_INVALID", attempts: 0 });
    expect(error.message).not.toContain("canary");
    expect(stub.connections).toBe(0);
    vi.stubEnv("SIGNPATH_ALLOW_INSECURE_HTTP", "true");
    const { authority } = await timestamp(DIGEST, { authorities: [url] });
    expect(authority).toBe(`http://0.0.0.0:${stub.port}/`);
  });
});

describe("options that cannot be used are refused before anything is sent:", () => {
  const url = "http://127.0.0.1:1/";

  it.each<[string, unknown]>([
    ["no authority", { authorities: [] }],
    ["authorities that are no list", { authorities: 7 }],
    ["none at all", {}],
    ["what is no address", { authorities: ["not-an-address canary"] }],
    ["another scheme", { authorities: ["ftp://canary@x/"] }],
    ["an authority that is none", { authorities: [7] }],
    ["nothing as an authority", { authorities: [null] }],
    ["credentials that cannot be decoded", { authorities: ["http://canary:%zz@x/"] }],
    ["credentials that are no text", { authorities: [{ url, username: 7 }] }],
    ["an order that there is not", { authorities: [url], order: "random" }],
    ["a hash that is not stamped", { authorities: [url], hash: "SHA-1" }],
    ["a policy that is none", { authorities: [url], policy: "canary" }],
    ["a policy of one authority that is none", { authorities: [{ url, policy: "1" }] }],
    ["no retries of its own kind", { authorities: [{ url, retries: -1 }] }],
    ["a rate of none", { authorities: [{ url, maxRequestsPerSecond: 0 }] }],
    ["a rate that is no number", { authorities: [{ url, maxRequestsPerSecond: "5" }] }],
    ["a time limit of none", { authorities: [url], totalTimeoutMs: 0 }],
    ["a time limit of one attempt that is none", { authorities: [{ url, requestTimeoutMs: Number.NaN }] }],
    ["roots without any", { authorities: [url], roots: [] }],
    ["roots that are none", { authorities: [url], roots: ["canary"] }],
    ["roots that are no list", { authorities: [url], roots: 7 }],
    ["too many", { authorities: Array.from({ length: 101 }, () => url) }],
  ])("%s", async (_what, options) => {
    const error = await codedFailureOf(timestamp(DIGEST, options as TimestampOptions));
    expect(error).toMatchObject({ code: "CONFIG_INVALID", attempts: 0, retryable: false });
    expect(error.message).not.toContain("canary");
  });
});
