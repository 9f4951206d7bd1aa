import { X509Certificate } from "node:crypto";
import { gunzipSync } from "node:zlib";
import { request } from "undici";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import type { Emulator } from "../../src/emulator/index.js";
import { startPrepared } from "../support/emulator.js";
import type { Answer } from "./support.js";
import { agent, api, hashOf, OIDS, rsaPayload, send, signHash, submit } from "./support.js";

let emulator: Emulator;
beforeAll(async () => {
  emulator = await startPrepared();
  await emulator.certificateOf("rsa-2048");
});
afterEach(() => emulator.clearFaults());
afterAll(() => emulator.close());

const LIST = "Cryptoki/MySigningPolicies?signingPolicySlug=rsa-2048";
const list = (): Promise<Answer> => send(emulator, { path: api(emulator, LIST) });

/** The status of an answer, or the code of what went wrong instead. */
async function outcome(work: Promise<Answer>): Promise<number | string> {
  try {
    return (await work).status;
  } catch (error) {
    return error instanceof Error && "code" in error ? String(error.code) : String(error);
  }
}

describe("a status", () => {
  it.each([
    ["problem", /^application\/problem\+json/, /"status":503/],
    ["html", /^text\/html/, /<html>/],
    ["text", /^text\/plain/, /told to fail/],
    ["empty", /^undefined$/, /^$/],
  ] as const)("comes with a body that is %s", async (body, type, text) => {
    emulator.addFault({ kind: "status", status: 503, body, retryAfter: "7" });
    const answer = await list();
    expect(answer.status).toBe(503);
    expect(answer.headers["retry-after"]).toBe("7");
    expect(String(answer.headers["content-type"])).toMatch(type);
    expect(answer.text).toMatch(text);
  });

  it("takes any Retry-After, and none by itself", async () => {
    const retryAfter = new Date(Date.now() + 5000).toUTCString();
    emulator.addFault({ kind: "status", status: 429, retryAfter });
    emulator.addFault({ kind: "status", status: 429 });
    expect((await list()).headers["retry-after"]).toBe(retryAfter);
    expect((await list()).headers).not.toHaveProperty("retry-after");
  });

  it.each([400, 401, 403, 404, 408, 409, 410, 418, 422, 429, 500, 502, 503, 504])(
    "%i is a problem by default",
    async (status) => {
      emulator.addFault({ kind: "status", status });
      expect((await list()).json()).toMatchObject({ status, title: expect.any(String) });
    },
  );

  it("means that nothing was signed", async () => {
    const before = emulator.signingRequests.length;
    emulator.addFault({ kind: "status", status: 503 });
    await submit(emulator);
    expect(emulator.signingRequests).toHaveLength(before);
  });
});

describe("a reset", () => {
  it.each(["before", "headers", "body"] as const)(
    "%s the answer is one that the client sees",
    async (when) => {
      const before = emulator.signingRequests.length;
      emulator.addFault({ kind: "reset", when });
      expect(await outcome(submit(emulator, {}, agent()))).toBe("ECONNRESET");
      expect(emulator.requests.at(-1)?.fault).toBe("reset");
      expect(emulator.signingRequests.length - before).toBe(when === "before" ? 0 : 1);
      expect((await submit(emulator)).status).toBe(200);
    },
  );

  it("after the answer leaves the answer whole and the connection dead", async () => {
    const dispatcher = agent();
    await submit(emulator, {}, dispatcher);
    emulator.addFault({ kind: "reset", when: "after" });
    expect((await submit(emulator, {}, dispatcher)).status).toBe(200);
    const connections = emulator.connections;
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect((await submit(emulator, {}, dispatcher)).status).toBe(200);
    expect(emulator.connections).toBe(connections + 1);
  });
});

describe("silence", () => {
  it("never answers", async () => {
    emulator.addFault({ kind: "silence" });
    const options = { headersTimeout: 200, headers: { Authorization: `Bearer ${emulator.apiToken}` } };
    const waiting = request(emulator.origin + api(emulator, LIST), { ...options, dispatcher: agent() });
    await expect(waiting).rejects.toThrow(/Headers Timeout/);
    expect(emulator.requests.at(-1)).toMatchObject({ fault: "silence", status: undefined });
  });
});

describe("a body", () => {
  it("may be slow", async () => {
    emulator.addFault({ kind: "slow-body", bytesPerSecond: 2500 });
    const start = performance.now();
    const answer = await submit(emulator);
    expect(performance.now() - start).toBeGreaterThan((answer.text.length / 2500) * 800);
    expect(answer.json()).toHaveProperty("Signature");
  });

  it("may be so slow that it takes one byte at a time", async () => {
    emulator.addFault({ kind: "slow-body", bytesPerSecond: 10 });
    const { body } = await request(emulator.origin + api(emulator, LIST), {
      headers: { Authorization: `Bearer ${emulator.apiToken}` },
      dispatcher: agent(),
    });
    const lengths: number[] = [];
    body.on("error", () => undefined);
    for await (const chunk of body) {
      lengths.push((chunk as Buffer).length);
      if (lengths.length === 3) break;
    }
    expect(lengths).toEqual([1, 1, 1]);
  });

  it("may end before its length", async () => {
    emulator.addFault({ kind: "truncated-body" });
    expect(await outcome(submit(emulator, {}, agent()))).toMatch(/UND_ERR_SOCKET|ECONNRESET/);
  });

  it.each([
    [true, undefined],
    [false, String(3 * 1024 * 1024)],
  ])("may be too large, with chunked %s", async (chunked, length) => {
    emulator.addFault({ kind: "oversized-body", bytes: 3 * 1024 * 1024, chunked });
    const answer = await submit(emulator);
    expect(answer.headers["content-length"]).toBe(length);
    expect(answer.text).toHaveLength(3 * 1024 * 1024);
    expect(answer.json()).toHaveProperty("Signature");
  });

  it("may be compressed", async () => {
    emulator.addFault({ kind: "gzip" });
    const { headers, body } = await request(emulator.origin + api(emulator, LIST), {
      headers: { Authorization: `Bearer ${emulator.apiToken}` },
    });
    expect(headers["content-encoding"]).toBe("gzip");
    expect(gunzipSync(await body.bytes()).toString()).toContain("rsa-2048");
  });

  it("may be HTML under a 200", async () => {
    emulator.addFault({ kind: "html" });
    const answer = await submit(emulator);
    expect(answer.status).toBe(200);
    expect(answer.headers["content-type"]).toMatch(/^text\/html/);
    expect(answer.text).toContain("<html>");
  });

  it("may be malformed JSON", async () => {
    emulator.addFault({ kind: "malformed-json" });
    const answer = await submit(emulator);
    expect(answer.text).toContain("Signature");
    expect(() => answer.json()).toThrow(SyntaxError);
  });

  it.each([
    [{}, "text/plain"],
    [{ contentType: "image/png" }, "image/png"],
  ])("may come under the wrong type: %j", async (option, type) => {
    emulator.addFault({ kind: "wrong-content-type", ...option });
    const answer = await submit(emulator);
    expect(answer.headers["content-type"]).toBe(type);
    expect(answer.json()).toHaveProperty("Signature");
  });
});

describe("a redirect", () => {
  it.each([
    [{}, 307],
    [{ status: 302 as const }, 302],
  ])("goes where it is told: %j", async (option, status) => {
    emulator.addFault({ kind: "redirect", location: "http://localhost:1/elsewhere", ...option });
    const answer = await submit(emulator);
    expect(answer.status).toBe(status);
    expect(answer.headers["location"]).toBe("http://localhost:1/elsewhere");
  });
});

describe("properties", () => {
  it("may begin with a letter of the other case", async () => {
    emulator.addFault({ kind: "wrong-case", count: 3 });
    expect(Object.keys((await submit(emulator)).json())).toEqual([
      "base64EncodedHash",
      "signatureAlgorithm",
      "rsaHashAlgorithm",
      "signature",
    ]);
    const data = {
      hash: hashOf("sha256"),
      signatureAlgorithm: "Rsa",
      rsaOptions: { hashAlgorithmName: "Sha256" },
    };
    expect((await signHash(emulator, data)).json()).toMatchObject({
      HashSigningResult: { Signature: expect.any(String) },
    });
    expect((await list()).json()).toMatchObject({ SigningPolicies: [{ SigningPolicySlug: "rsa-2048" }] });
  });

  it("may be missing, wherever they are", async () => {
    emulator.addFault({ kind: "missing-field", field: "Signature" });
    expect((await submit(emulator)).json()).toEqual(rsaPayload());
    emulator.addFault({ kind: "missing-field", field: "MODULUS" });
    const [policy] = (await list()).json()["signingPolicies"] as Record<string, unknown>[];
    expect(policy?.["rsaParameters"]).toEqual({ publicExponent: "AQAB" });
  });

  it("may be more than expected", async () => {
    emulator.addFault({ kind: "extra-field" });
    expect((await submit(emulator)).json()).toMatchObject({ unexpectedField: "unexpected" });
    emulator.addFault({ kind: "extra-field", field: "__proto__" });
    expect((await submit(emulator)).text).toContain('"__proto__":"unexpected"');
  });

  it.each([
    ["hash", { SignatureAlgorithm: "RsaPkcs1", RsaHashAlgorithm: OIDS.sha256 }],
    [
      "algorithm",
      { SignatureAlgorithm: "RsaPss", RsaHashAlgorithm: OIDS.sha256, Base64EncodedHash: hashOf("sha256") },
    ],
    [
      "oid",
      { SignatureAlgorithm: "RsaPkcs1", RsaHashAlgorithm: OIDS.sha512, Base64EncodedHash: hashOf("sha256") },
    ],
  ] as const)("may repeat another %s than was sent", async (field, expected) => {
    emulator.addFault({ kind: "foreign-echo", field });
    const answer = (await submit(emulator)).json();
    expect(answer).toMatchObject(expected);
    if (field === "hash") {
      expect(answer["Base64EncodedHash"]).not.toBe(hashOf("sha256"));
      expect(Buffer.from(String(answer["Base64EncodedHash"]), "base64")).toHaveLength(32);
    }
  });

  it("may repeat another hash on SignHash", async () => {
    const data = {
      hash: hashOf("sha256"),
      signatureAlgorithm: "Rsa",
      rsaOptions: { hashAlgorithmName: "Sha256" },
    };
    emulator.addFault({ kind: "foreign-echo", field: "oid" });
    emulator.addFault({ kind: "foreign-echo", field: "hash" });
    // There is no identifier to repeat: the first fault waits on.
    expect((await signHash(emulator, data)).json()).toMatchObject({ hashSigningData: { hash: data.hash } });
    emulator.clearFaults();
    emulator.addFault({ kind: "foreign-echo", field: "hash" });
    expect((await signHash(emulator, data)).json()).not.toMatchObject({
      hashSigningData: { hash: data.hash },
    });
  });

  it("may hold a certificate that is none", async () => {
    emulator.addFault({ kind: "garbage-certificate" });
    const [policy] = (await list()).json()["signingPolicies"] as Record<string, string>[];
    const bytes = Buffer.from(policy?.["certificateBytes"] ?? "", "base64");
    expect(bytes.length).toBeGreaterThan(0);
    expect(() => new X509Certificate(bytes)).toThrow();
  });
});
