import { gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import type { ApiClient } from "../../../src/api/client.js";
import type { SignPathError } from "../../../src/base/errors.js";
import { eventually } from "../../support/eventually.js";
import { codedFailureOf } from "../../support/failure.js";
import { startRaw } from "../../support/raw.js";
import type { StubAnswer } from "../../support/stub.js";
import { startStub } from "../../support/stub.js";
import { apiClient, HASH, SIGNED, TOKEN, template } from "../support.js";

const MEBIBYTE = 1024 * 1024;
const TEXT = JSON.stringify(SIGNED.body);

function sign(client: ApiClient): ReturnType<ApiClient["fastSign"]> {
  return client.fastSign(template(client), HASH);
}

/** How a signing request fails that is always answered like this; it is sent once. */
async function failure(answer: StubAnswer): Promise<SignPathError> {
  const stub = await startStub(() => answer);
  const client = apiClient(stub, {}, { SIGNPATH_TIMEOUTS_RETRY_COUNT: "0" });
  const error = await codedFailureOf(sign(client));
  expect(error).toMatchObject({ attempts: 1, stage: "sign" });
  return error;
}

async function invalid(answer: StubAnswer): Promise<string> {
  const stub = await startStub(() => answer);
  const error = await codedFailureOf(sign(apiClient(stub)));
  expect(error).toMatchObject({ code: "INVALID_RESPONSE", attempts: 1, retryable: false, stage: "sign" });
  // The server may have signed: asking again could make a second signing request.
  expect(stub.requests).toHaveLength(1);
  const [, reason = ""] =
    /^SignPath's answer cannot be used: (.*) \(fast signing request/.exec(error.message) ?? [];
  return reason;
}

const problem = (members: object, type = "application/problem+json; charset=utf-8"): StubAnswer => ({
  headers: { "content-type": type },
  body: JSON.stringify(members),
});
const errors = (field: string): object => ({ errors: { [field]: ["Some words."] } });

describe("a refusal", () => {
  it.each<[number, StubAnswer, string, string]>([
    [400, problem(errors("")), "REQUEST_REJECTED", "Some words."],
    [400, problem(errors("SigningPolicySlug")), "POLICY_NOT_FOUND", "SigningPolicySlug: Some words."],
    [400, problem(errors("signingPolicySlug")), "POLICY_NOT_FOUND", "signingPolicySlug: Some words."],
    [400, problem(errors("ProjectSlug")), "POLICY_NOT_FOUND", "ProjectSlug: Some words."],
    [400, problem(errors("SigningPolicyId")), "POLICY_UNUSABLE", "SigningPolicyId: Some words."],
    [400, problem(errors("Artifact")), "REQUEST_REJECTED", "Artifact: Some words."],
    [400, problem({ detail: "Words." }, "application/json"), "REQUEST_REJECTED", "Words."],
    [400, problem({ detail: "Words." }, "text/plain"), "REQUEST_REJECTED", "Words."],
    [401, problem({ title: "Unauthorized" }), "AUTHENTICATION_FAILED", "Unauthorized"],
    [401, { body: "Invalid token." }, "AUTHENTICATION_FAILED", "Invalid token."],
    [401, { body: "" }, "AUTHENTICATION_FAILED", ""],
    [403, problem({ title: "Forbidden", detail: "No submitter." }), "FORBIDDEN", "No submitter."],
    [403, { body: "<html><title>Access denied</title></html>" }, "FORBIDDEN", "Access denied"],
    [404, problem({ title: "Not Found" }), "REQUEST_REJECTED", "Not Found"],
    [407, { body: "" }, "CONNECTION_FAILED", ""],
    [408, { body: "" }, "SERVICE_UNAVAILABLE", ""],
    [413, { body: "too long" }, "REQUEST_REJECTED", "too long"],
    [415, problem({ title: "Unsupported Media Type" }), "REQUEST_REJECTED", "Unsupported Media Type"],
    [429, problem({ detail: "Slow down." }), "THROTTLED", "Slow down."],
    [500, { body: "<!DOCTYPE html><title>Error</title>" }, "SERVICE_UNAVAILABLE", "Error"],
    [502, { body: "<html><body>x</body></html>" }, "SERVICE_UNAVAILABLE", "an HTML page"],
    [503, { body: "" }, "SERVICE_UNAVAILABLE", ""],
    [504, problem({ status: 504 }), "SERVICE_UNAVAILABLE", ""],
  ])("with status %i and %o is %s: %s", async (status, answer, code, words) => {
    const error = await failure({ ...answer, status });
    const retryable = status === 408 || status === 429 || status >= 500;
    expect(error).toMatchObject({ code, status, retryable });
    expect(error.message).toMatch(
      /^SignPath answered with status \d{3}(: .*)? \(fast signing request, POST to 127\.0\.0\.1:\d+, \d+ ms\)/,
    );
    const [, said = ""] = /^SignPath answered with status \d{3}: (.*?) \(fast/.exec(error.message) ?? [];
    expect(said).toBe(words);
    expect(error.cause).toBeUndefined();
  });

  it("has the problem body and its trace id", async () => {
    const body = {
      errors: { "": ["The file has an invalid format."] },
      type: "https://tools.ietf.org/html/rfc9110#section-15.5.1",
      title: "One or more validation errors occurred.",
      status: 400,
      traceId: "00-7b0c62cd1e9a4f1b9f0d3c0b8a7e6d5c-1122334455667788-00",
    };
    const error = await failure({ status: 400, body });
    expect(error.problem).toEqual(body);
    expect(error.traceId).toBe(body.traceId);
    expect(JSON.parse(JSON.stringify(error))).toMatchObject({ code: "REQUEST_REJECTED", problem: body });
  });

  it("says what to do next", async () => {
    const advice = async (status: number): Promise<string> => (await failure({ status })).message;
    expect(await advice(401)).toContain("Check the API token (SIGNPATH_API_TOKEN)");
    expect(await advice(403)).toContain("must be a submitter");
    expect(await advice(429)).toContain("Lower maxConcurrency");
  });

  it("does not bring control characters or the token along", async () => {
    const said = `\u001b[2Jno\u202Eevil ${TOKEN}\r\nX: y`;
    for (const body of [
      said,
      { detail: said, traceId: said },
      { errors: { [said]: [said] } },
      `<title>${said}`,
    ]) {
      const error = await failure({ status: 400, body });
      const everything = `${error.stack}${JSON.stringify(error)}${error.traceId}`;
      expect(everything).not.toContain("canary");
      // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
      expect(error.message).not.toMatch(/[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]/);
      expect(error.message).toContain("evil ***");
    }
  });

  it("does not bring the token of a function along, either", async () => {
    const stub = await startStub(({ headers }) => ({ status: 401, body: `bad: ${headers.authorization}` }));
    const error = await codedFailureOf(sign(apiClient(stub, { apiToken: async () => TOKEN })));
    expect(error.message).toContain("bad: Bearer ***");
  });

  it("that is compressed, although that was not asked for, is known by its status", async () => {
    const gzip = { headers: { "content-encoding": "gzip" }, body: gzipSync("busy") };
    const stub = await startStub((_request, _response, index) =>
      index === 0 ? { ...gzip, status: 503 } : SIGNED,
    );
    expect(await sign(apiClient(stub))).toMatchObject({ attempts: 2 });
    expect(await failure({ ...gzip, status: 401 })).toMatchObject({
      code: "AUTHENTICATION_FAILED",
      status: 401,
    });
  });

  it("that is longer than any answer is known by its status", async () => {
    const error = await failure({ status: 403, body: "x".repeat(MEBIBYTE + 1) });
    expect(error).toMatchObject({ code: "FORBIDDEN", status: 403 });
  });
});

describe("a redirect", () => {
  it.each([301, 302, 303, 307, 308])(
    "with status %i is not followed, and the token is not sent there",
    async (status) => {
      const elsewhere = await startStub(() => SIGNED);
      const stub = await startStub(() => ({
        status,
        headers: { location: `${elsewhere.origin}/Api/v1/x/SigningRequests` },
      }));
      const client = apiClient(stub);
      for (const call of [sign(client), client.mySigningPolicies()]) {
        const error = await codedFailureOf(call);
        expect(error).toMatchObject({ code: "INVALID_RESPONSE", status, attempts: 1, retryable: false });
        expect(error.message).toContain("a redirect, which is not followed");
        expect(error.message).not.toContain(elsewhere.origin);
      }
      expect(stub.requests).toHaveLength(2);
      expect(elsewhere.connections).toBe(0);
    },
  );
});

describe("an answer", () => {
  it.each([200, 201, 202, 203])("may have status %i", async (status) => {
    const stub = await startStub(() => ({ ...SIGNED, status }));
    expect(await sign(apiClient(stub))).toMatchObject({ attempts: 1 });
  });

  it.each(["application/json", "text/plain", "text/html", ""])(
    "may have the content type %j",
    async (type) => {
      const stub = await startStub(() => ({ headers: { "content-type": type }, body: TEXT }));
      expect(await sign(apiClient(stub))).toMatchObject({ attempts: 1 });
    },
  );

  it("may come in chunks, and in the other case", async () => {
    const raw = await startRaw((socket) => {
      socket.once("data", () => {
        socket.write("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
        for (const character of TEXT.replace("Signature", "signature")) socket.write(`1\r\n${character}\r\n`);
        socket.end("0\r\n\r\n");
      });
    });
    expect(Buffer.from((await sign(apiClient(raw))).signature).toString()).toBe("signature");
  });

  it.each<[string, StubAnswer]>([
    [
      "it is an HTML page, not JSON",
      { headers: { "content-type": "text/html" }, body: "<!DOCTYPE html><p>Sign in" },
    ],
    ["it is not JSON", { body: "" }],
    ["it is not JSON", { status: 204 }],
    ["it is not JSON", { body: TEXT.slice(0, -1) }],
    ["it is not JSON", { body: `${TEXT}x` }],
    ["signature is undefined", { body: {} }],
    ["signature is undefined", { body: [SIGNED.body] }],
    ["its signature is not Base64", { body: { Signature: "" } }],
    ["its signature is not Base64", { body: { Signature: "c2ln\n" } }],
    ["its signature is not Base64", { body: { Signature: "c2lnbg" } }],
    ["its signature is not Base64", { body: { Signature: "_-_-" } }],
    [
      "it is about another hash than the one that was sent",
      { body: { Signature: "c2ln", Base64EncodedHash: "AAAA" } },
    ],
    [
      "it is about another hash than the one that was sent",
      { body: { Signature: "c2ln", Base64EncodedHash: HASH.replace("=", "") } },
    ],
    [
      "it is about another signature algorithm than the one that was sent",
      { body: { Signature: "c2ln", SignatureAlgorithm: "RsaPss" } },
    ],
    [
      "it is about another hash algorithm than the one that was sent",
      { body: { Signature: "c2ln", RsaHashAlgorithm: "1.3.14.3.2.26" } },
    ],
    [
      'its content encoding "gzip" was not asked for',
      { headers: { "content-encoding": "gzip" }, body: gzipSync(TEXT) },
    ],
    ['its content encoding "br" was not asked for', { headers: { "content-encoding": "br" }, body: TEXT }],
    ["it is longer than 1048576 bytes", { body: TEXT.padEnd(MEBIBYTE + 1) }],
  ])("is refused where %s", async (reason, answer) => {
    expect(await invalid(answer)).toBe(reason);
  });

  it("repeats, where it does, what was sent", async () => {
    const repeated = {
      Base64EncodedHash: HASH,
      SignatureAlgorithm: "RsaPkcs1",
      RsaHashAlgorithm: "2.16.840.1.101.3.4.2.1",
      Signature: "c2ln",
    };
    const stub = await startStub(() => ({ body: repeated }));
    expect(await sign(apiClient(stub))).toMatchObject({ attempts: 1 });
  });

  it("to an Ecdsa request may name any hash algorithm, which is not asked for there", async () => {
    const stub = await startStub(() => ({ body: { Signature: "c2ln", RsaHashAlgorithm: "1.2.3" } }));
    const client = apiClient(stub);
    await client.fastSign(template(client, "Ecdsa"), HASH);
  });

  it('is taken with the encoding "identity"', async () => {
    const stub = await startStub(() => ({ ...SIGNED, headers: { "content-encoding": "Identity" } }));
    expect(await sign(apiClient(stub))).toMatchObject({ attempts: 1 });
  });

  it("may be a mebibyte long, a list of policies more", async () => {
    const stub = await startStub(({ method }) => ({
      body: (method === "POST" ? TEXT : '{"signingPolicies":[]}').padEnd(
        method === "POST" ? MEBIBYTE : 3 * MEBIBYTE,
      ),
    }));
    const client = apiClient(stub);
    expect(await sign(client)).toMatchObject({ attempts: 1 });
    expect(await client.mySigningPolicies()).toEqual([]);
  });

  it("with a status that there is not is told in one line", async () => {
    const raw = await startRaw((socket) => {
      socket.on("data", () => void socket.write("HTTP/1.1 000 Nothing\r\nContent-Length: 2\r\n\r\n{}"));
    });
    const { code, message } = await codedFailureOf(sign(apiClient(raw, { retryAmbiguous: false })));
    expect(code).toBe("CONNECTION_FAILED");
    expect(message).not.toMatch(/[\n\r]/);
  });

  it("that never ends is given up at the limit", async () => {
    const raw = await startRaw((socket) => {
      socket.once("data", () => {
        socket.write("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
        const chunk = `10000\r\n${" ".repeat(65_536)}\r\n`;
        const pump = (): void => {
          while (!socket.destroyed && socket.write(chunk));
        };
        socket.on("drain", pump);
        pump();
      });
    });
    const error = await codedFailureOf(sign(apiClient(raw)));
    expect(error).toMatchObject({ code: "INVALID_RESPONSE", attempts: 1 });
    await eventually(() => expect(raw.open).toBe(0));
  });

  it("that was not read to its end does not spoil the next one", async () => {
    const stub = await startStub((_request, _response, index) =>
      index === 0
        ? { headers: { "content-encoding": "gzip" }, body: gzipSync("x".repeat(MEBIBYTE)) }
        : SIGNED,
    );
    const client = apiClient(stub);
    await codedFailureOf(sign(client));
    expect(await sign(client)).toMatchObject({ attempts: 1 });
    expect(stub.connections).toBe(2);
  });
});

describe("a token that cannot be had", () => {
  it("fails the call before anything is sent", async () => {
    const stub = await startStub(() => SIGNED);
    const thrown = new Error("the vault is closed");
    const client = apiClient(stub, { apiToken: () => Promise.reject(thrown) });
    const error = await codedFailureOf(sign(client));
    expect(error).toMatchObject({
      code: "AUTHENTICATION_FAILED",
      attempts: 0,
      retryable: false,
      cause: thrown,
    });
    expect(error.message).toContain("The API token could not be had: the vault is closed");
    expect(stub.requests).toEqual([]);
  });

  it("does not fail the calls after it", async () => {
    const stub = await startStub(() => SIGNED);
    const tokens = ["", "good"];
    const client = apiClient(stub, { maxConcurrency: 1, apiToken: () => tokens.shift() ?? "good" });
    expect(await codedFailureOf(sign(client))).toMatchObject({ code: "AUTHENTICATION_FAILED" });
    expect(await sign(client)).toMatchObject({ attempts: 1 });
  });
});
