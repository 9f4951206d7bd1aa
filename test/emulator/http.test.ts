import { X509Certificate } from "node:crypto";
import { connect } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Emulator } from "../../src/emulator/index.js";
import { startPrepared } from "../support/emulator.js";
import type { Answer } from "./support.js";
import { api, send, submit } from "./support.js";

let emulator: Emulator;
beforeAll(async () => {
  emulator = await startPrepared();
});
afterAll(() => emulator.close());

const LIST = "Cryptoki/MySigningPolicies?signingPolicySlug=p-256";

function expectProblem(answer: Answer, status: number, title: string): void {
  expect(answer.status).toBe(status);
  expect(answer.headers["content-type"]).toMatch(/^application\/problem\+json/);
  expect(answer.json()).toMatchObject({
    type: expect.stringMatching(/^https:\/\/tools\.ietf\.org\/html\/rfc9110#section-15\.5\.\d+$/),
    title,
    status,
    traceId: expect.stringMatching(/^00-[0-9a-f]{32}-[0-9a-f]{16}-00$/),
  });
  expect(answer.json()).not.toHaveProperty("errors");
}

describe("a path", () => {
  it.each([
    (id: string) => `/Api/v1/${id}/${LIST}`,
    (id: string) => `/API/v1/${id}/${LIST}`,
    (id: string) => `/api/v1/${id}/${LIST}`,
    (id: string) => `/api/V1/${id.toUpperCase()}/cryptoki/mysigningpolicies?SIGNINGPOLICYSLUG=p-256`,
    (id: string) => `/Api/v1/${id}/Cryptoki/MySigningPolicies/?signingPolicySlug=p-256`,
  ])("may be in any case and end in a slash (%#)", async (path) => {
    const answer = await send(emulator, { path: path(emulator.organizationId) });
    expect(answer.status).toBe(200);
    expect(answer.json()["signingPolicies"]).toHaveLength(1);
  });

  it("may be absolute, as through a proxy", async () => {
    const raw = `GET ${emulator.origin}${api(emulator, LIST)} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${emulator.apiToken}\r\nConnection: close\r\n\r\n`;
    expect(await exchangeRaw(raw)).toMatch(/^HTTP\/1\.1 200 /);
  });

  it.each([
    "/nothing",
    "/Api",
    "/Api/v1",
    "/Api/v2/{id}/Cryptoki/MySigningPolicies",
    "/Api/v1/{id}",
    "/Api/v1/{id}/",
    "/Api/v1/{id}/Cryptoki",
    "/Api//v1/{id}/Cryptoki/MySigningPolicies",
    "/Api/v1/{id}/SigningRequests/not-a-uuid",
    "/Api/v1/{id}/SigningRequests/00000000-0000-4000-8000-000000000000/Approve",
    "/Api/v1/not-a-uuid/Cryptoki/MySigningPolicies",
    "/v1/{id}/Cryptoki/MySigningPolicies",
    "/Web/{id}/SigningRequests/00000000-0000-4000-8000-000000000000",
    "/%",
    "/../etc/passwd",
  ])("that nothing is at is a 404: %s", async (path) => {
    expectProblem(
      await send(emulator, { path: path.replace("{id}", emulator.organizationId) }),
      404,
      "Not Found",
    );
  });

  it("of another organization is a 404, whatever its route", async () => {
    const other = "11111111-1111-4111-8111-111111111111";
    expectProblem(await send(emulator, { path: `/Api/v1/${other}/${LIST}` }), 404, "Not Found");
    expectProblem(
      await send(emulator, { method: "POST", path: `/Api/v1/${other}/SigningRequests`, body: "x" }),
      404,
      "Not Found",
    );
    await submit(emulator, {
      policy: "p-256",
      payload: { SignatureAlgorithm: "Ecdsa", Base64EncodedHash: "A".repeat(43).concat("=") },
    });
    const id = emulator.signingRequests.at(-1)?.id;
    expectProblem(await send(emulator, { path: `/Web/${other}/SigningRequests/${id}` }), 404, "Not Found");
  });
});

describe("a method that a route does not have", () => {
  it.each([
    ["POST", LIST, "GET"],
    ["GET", "SigningRequests", "POST"],
    ["GET", "SigningRequests/SubmitWithArtifact", "POST"],
    ["GET", "SigningRequests/SignHash", "POST"],
    ["PUT", "SigningRequests/SignHash", "POST"],
    ["DELETE", "SigningRequests/00000000-0000-4000-8000-000000000000", "GET"],
    ["POST", "SigningRequests/00000000-0000-4000-8000-000000000000/Status", "GET"],
  ] as const)("is a 405 that names the one it has: %s %s", async (method, route, allowed) => {
    const answer = await send(emulator, { method, path: api(emulator, route) });
    expectProblem(answer, 405, "Method Not Allowed");
    expect(answer.headers["allow"]).toBe(allowed);
  });
});

describe("a token", () => {
  it("looks like a real one", () => {
    expect(emulator.apiToken).toMatch(/^[A-Za-z0-9+/]{44}$/);
    expect(emulator.apiToken).toContain("+");
    expect(emulator.apiToken).toContain("/");
  });

  it.each<[string, string | false]>([
    ["missing", false],
    ["wrong", "x"],
    ["of the right length but wrong", "A".repeat(44)],
  ])("that is %s gives a 401 with a challenge, on every route", async (_how, token) => {
    for (const route of [LIST, "SigningRequests/00000000-0000-4000-8000-000000000000/SignedArtifact"]) {
      const answer = await send(emulator, { path: api(emulator, route), token });
      expectProblem(answer, 401, "Unauthorized");
      expect(answer.headers["www-authenticate"]).toBe("Bearer");
    }
    const posted = await send(emulator, {
      method: "POST",
      path: api(emulator, "SigningRequests"),
      body: "x",
      token,
    });
    expectProblem(posted, 401, "Unauthorized");
    expect(emulator.signingRequests.filter((entry) => entry.signingPolicySlug !== "p-256")).toEqual([]);
  });

  it.each(["Basic", "Bearer2", "Token"])("under the scheme %s gives a 401", async (scheme) => {
    const headers = { Authorization: `${scheme} ${emulator.apiToken}` };
    const answer = await send(emulator, { path: api(emulator, LIST), token: false, headers });
    expectProblem(answer, 401, "Unauthorized");
  });

  it("may follow the scheme in any case", async () => {
    const headers = { Authorization: `bearer  ${emulator.apiToken}` };
    expect((await send(emulator, { path: api(emulator, LIST), token: false, headers })).status).toBe(200);
  });

  it("in an address does not get into the log", async () => {
    await send(emulator, { path: `/x?a=${emulator.apiToken}&b=${encodeURIComponent(emulator.apiToken)}` });
    expect(emulator.requests.at(-1)?.path).toBe("/x?a=[token]&b=[token]");
  });
});

describe("a body that is too large", () => {
  it.each([
    ["a little over a mebibyte", 1024 * 1024 + 1],
    ["of many mebibytes", 12 * 1024 * 1024],
  ])("is a 413, even for a client that first sends it all: %s", async (_what, length) => {
    const answer = await send(emulator, {
      method: "POST",
      path: api(emulator, "SigningRequests/SignHash"),
      headers: { "Content-Type": "application/json" },
      body: Buffer.alloc(length, " "),
    });
    expectProblem(answer, 413, "Content Too Large");
  });

  it("is taken up to a mebibyte", async () => {
    const answer = await send(emulator, {
      method: "POST",
      path: api(emulator, "SigningRequests/SignHash"),
      headers: { "Content-Type": "application/json" },
      body: Buffer.alloc(1024 * 1024, " "),
    });
    expect(answer.status).toBe(400);
  });
});

describe("outside the API", () => {
  it("there is a short text about the emulator, without its token", async () => {
    const answer = await send(emulator, { path: "/", token: false });
    expect(answer.status).toBe(200);
    expect(answer.headers["content-type"]).toMatch(/^text\/plain/);
    expect(answer.text).toContain(emulator.apiUrl);
    expect(answer.text).not.toContain(emulator.apiToken);
  });

  it("there are the certificates of the authority", async () => {
    const answer = await send(emulator, { path: "/ca.pem", token: false });
    expect(answer.status).toBe(200);
    expect(answer.text).toBe(emulator.rootCertificate + emulator.intermediateCertificate);
    expect(new X509Certificate(answer.text).subject).toContain("Root");
  });
});

describe("the log", () => {
  it("has each request with its route, its status and its time", async () => {
    const before = Date.now();
    await send(emulator, { path: api(emulator, LIST) });
    await send(emulator, { path: api(emulator, LIST), token: "wrong" });
    await send(emulator, { path: `/${"x".repeat(2000)}` });
    const [listed, refused, long] = emulator.requests.slice(-3);
    expect(listed).toEqual({
      method: "GET",
      path: api(emulator, LIST),
      route: "mySigningPolicies",
      receivedAt: expect.any(Date),
      status: 200,
      fault: undefined,
    });
    expect(listed?.receivedAt.getTime()).toBeGreaterThanOrEqual(before);
    expect(refused?.status).toBe(401);
    expect(long).toMatchObject({ route: "unknown", status: 404 });
    expect(long?.path).toHaveLength(512);
  });

  it("keeps the newest 10 000 requests only", { timeout: 30_000 }, async () => {
    const pipelined = "GET /ring HTTP/1.1\r\nHost: x\r\n\r\n".repeat(10_005);
    await exchangeRaw(`${pipelined}GET /last HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`);
    expect(emulator.requests).toHaveLength(10_000);
    expect(emulator.requests.at(0)?.path).toBe("/ring");
    expect(emulator.requests.at(-1)?.path).toBe("/last");
  });
});

describe("a sender that hangs up in mid-request", () => {
  it("does no harm", async () => {
    const head = `POST ${api(emulator, "SigningRequests/SignHash")} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 100\r\nAuthorization: Bearer ${emulator.apiToken}\r\n\r\n{`;
    await new Promise<void>((resolve) => {
      const socket = connect(Number(new URL(emulator.origin).port), "127.0.0.1", () => {
        socket.write(head, () => setTimeout(() => socket.resetAndDestroy(), 20));
      });
      socket.on("close", () => resolve());
      socket.on("error", () => undefined);
    });
    expect((await send(emulator, { path: "/" })).status).toBe(200);
  });
});

/** Sends bytes and gives everything that comes back until the connection is closed. */
function exchangeRaw(text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    const socket = connect(Number(new URL(emulator.origin).port), "127.0.0.1", () => socket.write(text));
    socket.on("data", (chunk: Buffer) => chunks.push(chunk));
    socket.on("error", reject);
    socket.on("close", () => resolve(Buffer.concat(chunks).toString()));
  });
}
