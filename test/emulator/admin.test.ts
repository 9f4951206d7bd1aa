import { X509Certificate } from "node:crypto";
import { inspect } from "node:util";
import { request } from "undici";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import type { Emulator } from "../../src/emulator/index.js";
import { startPrepared } from "../support/emulator.js";
import type { Answer, Sending } from "./support.js";
import { api, ecdsaPayload, send, submit, validationError } from "./support.js";

let emulator: Emulator;
beforeAll(async () => {
  emulator = await startPrepared({ processingMs: 60_000 });
  await emulator.certificateOf("p-256");
});
afterEach(() => {
  emulator.clearFaults();
  emulator.setRateLimit(undefined);
});
afterAll(() => emulator.close());

const JSON_TYPE = { "Content-Type": "application/json" };

/** Asks for something below `/admin/`. */
function ask(method: string, path: string, body?: unknown, more: Partial<Sending> = {}): Promise<Answer> {
  return send(emulator, {
    method: method as NonNullable<Sending["method"]>,
    path: `/admin/${path}`,
    ...(body !== undefined && { body: JSON.stringify(body), headers: JSON_TYPE }),
    ...more,
  });
}

const list = (): Promise<Answer> =>
  send(emulator, { path: api(emulator, "Cryptoki/MySigningPolicies?signingPolicySlug=p-256") });

describe("/admin/faults", () => {
  it("orders a fault, lists what is left of it, and forgets it", async () => {
    const ordered = await ask("POST", "faults", { kind: "status", status: 503, count: 2 });
    expect(ordered.status).toBe(201);
    expect((await list()).status).toBe(503);
    await ask("POST", "faults", { kind: "latency", ms: 1, count: "inf", route: "signHash" });
    expect((await ask("GET", "faults")).json()).toEqual({
      faults: [
        { id: 1, kind: "status", status: 503, count: 2, remaining: 1 },
        { id: 2, kind: "latency", ms: 1, count: "inf", remaining: "inf", route: "signHash" },
      ],
    });
    expect((await ask("DELETE", "faults")).status).toBe(204);
    expect((await list()).status).toBe(200);
    expect((await ask("GET", "faults")).json()).toEqual({ faults: [] });
  });

  it("forgets one of them", async () => {
    for (const kind of ["html", "empty-signature"]) await ask("POST", "faults", { kind, count: "inf" });
    const kept = (await ask("GET", "faults")).json()["faults"] as { id: number; kind: string }[];
    const id = kept.find(({ kind }) => kind === "html")?.id;
    expect((await ask("DELETE", `faults/${id}`)).status).toBe(204);
    expect((await ask("GET", "faults")).json()).toEqual({ faults: [kept[1]] });
    expect((await ask("DELETE", `faults/${id}`)).status).toBe(404);
    expect((await ask("GET", `faults/${id}`)).status).toBe(405);
  });

  it.each([
    [{ kind: "nothing" }, /: There is no fault 'nothing'/],
    [{ kind: "status", status: 99 }, /: status must/],
    [{ kind: "html", colour: 1 }, /no field 'colour'/],
    [{ kind: "html", count: null }, /: count must/],
    [{}, /no fault 'undefined'/],
  ])("refuses %j with a problem", async (body, message) => {
    const answer = await ask("POST", "faults", body);
    expect(answer.status).toBe(400);
    expect(answer.headers["content-type"]).toMatch(/^application\/problem\+json/);
    expect(validationError(answer)).toMatch(message);
    expect((await ask("GET", "faults")).json()).toEqual({ faults: [] });
  });

  it.each(["[]", "nothing", '{"kind":"html"', ""])(
    "refuses a body that is no JSON object: %j",
    async (body) => {
      expect((await ask("POST", "faults", undefined, { body, headers: JSON_TYPE })).status).toBe(400);
    },
  );

  it("refuses properties of the prototype", async () => {
    const body = '{"kind":"html","__proto__":{"count":2}}';
    expect((await ask("POST", "faults", undefined, { body, headers: JSON_TYPE })).status).toBe(400);
  });

  it("is not itself met by faults or the rate limit", async () => {
    emulator.addFault({ kind: "status", status: 503 });
    emulator.setRateLimit({ requestsPerSecond: 0.001, burst: 1 });
    for (let i = 0; i < 3; i++) expect((await ask("GET", "faults")).status).toBe(200);
  });
});

describe("/admin/rate-limit", () => {
  it("sets, tells and lifts the limit", async () => {
    const limit = { requestsPerSecond: 0.001, burst: 1, retryAfter: "none" };
    expect((await ask("PUT", "rate-limit", limit)).json()).toMatchObject({ rateLimit: limit, accepted: 0 });
    expect([(await list()).status, (await list()).status]).toEqual([200, 429]);
    expect((await ask("GET", "rate-limit")).json()).toEqual({ rateLimit: limit, accepted: 1, rejected: 1 });
    expect((await ask("DELETE", "rate-limit")).status).toBe(204);
    expect((await ask("GET", "rate-limit")).json()).toEqual({ rateLimit: null, accepted: 0, rejected: 0 });
  });

  it("refuses a malformed one", async () => {
    expect((await ask("PUT", "rate-limit", { requestsPerSecond: -1 })).status).toBe(400);
  });
});

describe("/admin/policies/{slug}/rotate-certificate", () => {
  it("gives a policy another key and another certificate, and answers with it", async () => {
    const before = new X509Certificate(await emulator.certificateOf("p-256"));
    const answer = await ask("POST", "policies/p-256/rotate-certificate", {});
    const after = new X509Certificate(await emulator.certificateOf("p-256"));
    expect(answer.json()).toEqual({ certificateBytes: after.raw.toString("base64") });
    expect(after.publicKey.equals(before.publicKey)).toBe(false);
  });

  it("keeps the key, and makes one that is over, where that is asked for", async () => {
    const before = new X509Certificate(await emulator.certificateOf("p-256"));
    const body = { newKey: false, validFromMs: -2e9, validToMs: -1e9 };
    expect((await ask("POST", "policies/p-256/rotate-certificate", body)).status).toBe(200);
    const after = new X509Certificate(await emulator.certificateOf("p-256"));
    expect(after.publicKey.equals(before.publicKey)).toBe(true);
    expect(Date.parse(after.validTo)).toBeLessThan(Date.now());
  });

  it.each([
    ["p-256", { newKey: 1 }, 400],
    ["p-256", { count: 2 }, 400],
    ["p-256", { kind: "html" }, 400],
    ["p-256", { validToMs: -1e9, validFromMs: 1 }, 400],
    ["nothing", {}, 404],
  ])("of %s with %j is a %i", async (slug, body, status) => {
    const answer = await ask("POST", `policies/${slug}/rotate-certificate`, body);
    expect(answer.json()).toMatchObject({ status });
  });
});

describe("/admin/signing-requests/{id}", () => {
  async function waiting(): Promise<string> {
    const answer = await submit(emulator, { policy: "approval", fast: "false" });
    return String(answer.json()["signingRequestId"]);
  }
  const statusOf = (id: string): string | undefined =>
    emulator.signingRequests.find((entry) => entry.id === id)?.status;

  it.each([
    ["approve", "InProgress"],
    ["deny", "Denied"],
    ["cancel", "Canceled"],
    ["fail", "Failed"],
  ])("%s decides", async (verb, status) => {
    const id = await waiting();
    expect((await ask("POST", `signing-requests/${id}/${verb}`)).status).toBe(204);
    expect(statusOf(id)).toBe(status);
  });

  it("refuses to decide twice, about nothing, and in no way that there is", async () => {
    const id = await waiting();
    await ask("POST", `signing-requests/${id}/deny`);
    expect((await ask("POST", `signing-requests/${id}/approve`)).status).toBe(409);
    expect((await ask("POST", "signing-requests/none/approve")).status).toBe(404);
    expect((await ask("POST", `signing-requests/${id}/sign`)).status).toBe(404);
  });
});

describe("the admin routes are closed to", () => {
  it.each([false, "wrong"] as const)("whoever has no token: %s", async (token) => {
    const answer = await ask("GET", "faults", undefined, { token });
    expect(answer.json()).toMatchObject({ status: 401 });
    expect((await ask("POST", "faults", { kind: "html" }, { token })).status).toBe(401);
    expect((await list()).headers["content-type"]).toMatch(/json/);
  });

  it.each<Record<string, string>>([
    { Origin: "https://evil.example" },
    { Origin: "null" },
    { "Sec-Fetch-Site": "cross-site" },
    { "Sec-Fetch-Site": "same-site" },
    { Host: "evil.example" },
  ])("pages of another site: %j", async (headers) => {
    const answer = await ask("DELETE", "faults", undefined, { headers });
    expect(answer.json()).toMatchObject({ status: 403 });
    expect(answer.headers).not.toHaveProperty("access-control-allow-origin");
  });

  it("but not to the emulator's own address", async () => {
    const headers = { Origin: emulator.origin, "Sec-Fetch-Site": "same-origin" };
    expect((await ask("GET", "faults", undefined, { headers })).status).toBe(200);
  });

  it.each(["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", undefined])(
    "bodies of the type %s, which a form of another site could send",
    async (type) => {
      const answer = await ask("POST", "faults", undefined, {
        body: '{"kind":"html"}',
        headers: type === undefined ? {} : { "Content-Type": type },
      });
      expect(answer.json()).toMatchObject({ status: 415 });
    },
  );

  it("a preflight", async () => {
    const { statusCode, headers, body } = await request(`${emulator.origin}/admin/faults`, {
      method: "OPTIONS",
      headers: { Origin: "https://evil.example", "Access-Control-Request-Method": "POST" },
    });
    await body.dump();
    expect(statusCode).toBe(403);
    expect(headers).not.toHaveProperty("access-control-allow-origin");
  });

  it("other methods and paths", async () => {
    const answer = await ask("PUT", "faults", { kind: "html" });
    expect([answer.status, answer.headers["allow"]]).toEqual([405, "GET, POST, DELETE"]);
    expect((await ask("GET", "nothing")).status).toBe(404);
  });
});

it("the admin routes leave no token in the log", async () => {
  await ask("GET", `faults?token=${emulator.apiToken}`);
  await submit(emulator, { policy: "p-256", payload: ecdsaPayload() });
  expect(inspect(emulator.requests, { depth: 5, maxArrayLength: null })).not.toContain(emulator.apiToken);
  expect(emulator.requests.some(({ route }) => route === "admin")).toBe(true);
});
