import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Emulator, LedgerChange } from "../../src/emulator/index.js";
import { processFacts } from "../../src/emulator/ledger/process-facts.js";
import { startPrepared } from "../support/emulator.js";
import { eventually } from "../support/eventually.js";
import { api, ecdsaPayload, hashOf, rsaPayload, send, signHash, submit, submitParts } from "./support.js";

let emulator: Emulator;
beforeAll(async () => {
  emulator = await startPrepared({ processingMs: 20, apiToken: "a+token/that=is+known" });
  await emulator.certificateOf("p-256");
});
afterAll(() => emulator.close());

const P256 = { policy: "p-256", payload: ecdsaPayload() } as const;
const newest = (): ReturnType<Emulator["auditLog"]>["entries"][number] | undefined =>
  emulator.auditLog({ limit: 1 }).entries[0];

describe("metadata tells who asked", () => {
  it.each([
    [
      {
        CreatingProcess: { CommandLine: "a b", User: "me" },
        Build: { Url: "https://x/1", Commit: "c", Job: "j" },
      },
    ],
    [
      {
        sourceProcess: { commandLine: "a b", user: "me" },
        build: { url: "https://x/1", commit: "c", job: "j" },
      },
    ],
  ])("in the form of either route: %j", (metadata) => {
    expect(processFacts(metadata)).toEqual({
      commandLine: "a b",
      processUser: "me",
      build: { url: "https://x/1", commit: "c", job: "j" },
    });
  });

  it.each(["javascript:alert(1)", "file:///etc/passwd", "//x", "no link", ""])(
    "but no link that is none of the web: %s",
    (url) => {
      expect(processFacts({ build: { url, job: "j" } }).build).toEqual({
        url: undefined,
        commit: undefined,
        job: "j",
      });
      expect(processFacts({ build: { url } }).build).toBeUndefined();
    },
  );

  it.each([
    undefined,
    null,
    5,
    "x",
    [],
    {},
    { CreatingProcess: "x" },
    { sourceProcess: { user: {} }, build: [] },
  ])("or not: %j", (metadata) => {
    expect(processFacts(metadata)).toEqual({
      commandLine: undefined,
      processUser: undefined,
      build: undefined,
    });
  });
});

describe("a refused submission", () => {
  it("is in the log with what could be read of it, and is no signing request", async () => {
    const before = emulator.signingRequests.length;
    await submit(emulator, { policy: "forbidden", payload: ecdsaPayload() });
    expect(newest()).toMatchObject({
      result: "refused",
      refusal: { status: 403, problem: expect.stringContaining("not a submitter") },
      signingPolicySlug: "forbidden",
      user: "ci",
      hash: undefined,
    });
    await submit(emulator, {
      policy: "approval",
      payload: rsaPayload({ Metadata: { CreatingProcess: { User: "x" } } }),
    });
    expect(newest()).toMatchObject({
      refusal: { status: 400, problem: expect.stringMatching(/^SigningPolicyId: .*approval process/) },
      algorithm: "RsaPkcs1",
      hash: Buffer.from(hashOf("sha256"), "base64").toString("hex"),
      processUser: "x",
    });
    await signHash(emulator, { hash: "A", signatureAlgorithm: "Rsa" });
    expect(newest()).toMatchObject({ route: "signHash", fast: true, refusal: { status: 400 } });
    expect(emulator.signingRequests).toHaveLength(before);
  });

  it("with a wrong token is nobody's; one with a wrong method is none", async () => {
    const path = api(emulator, "SigningRequests");
    await send(emulator, { method: "POST", path, token: "wrong", body: "x" });
    const wrong = newest();
    expect(wrong).toMatchObject({
      user: undefined,
      refusal: { status: 401, problem: "The API token is invalid." },
    });
    await send(emulator, { path });
    expect(newest()).toEqual(wrong);
  });

  it("with a very long slug takes no more room than others", async () => {
    await submit(emulator, { policy: "x".repeat(100_000) });
    expect(JSON.stringify(newest()).length).toBeLessThan(3000);
  });
});

describe("a page", () => {
  it("is the newest entries first, and leads to the next one", async () => {
    for (let i = 0; i < 5; i++) await submit(emulator, P256);
    const all = emulator.auditLog({ limit: 1000 }).entries;
    const pages: string[] = [];
    let before: number | undefined;
    do {
      const page = emulator.auditLog({ limit: 2, ...(before !== undefined && { before }) });
      pages.push(...page.entries.map(({ id }) => id));
      before = page.next;
    } while (before !== undefined);
    expect(pages).toEqual(all.map(({ id }) => id));
    expect(pages.length).toBeGreaterThan(5);
    const times = all.map(({ submittedAt }) => submittedAt.getTime());
    expect(times).toEqual(times.toSorted((a, b) => b - a));
  });

  it("can be of a policy, of a result, or of what has a text in it", async () => {
    const Metadata = { CreatingProcess: { CommandLine: "make Release-7" } };
    await submit(emulator, { policy: "p-384", payload: ecdsaPayload({ Metadata }) });
    const id = newest()?.id;
    const idsOf = (query: Parameters<Emulator["auditLog"]>[0]): string[] =>
      emulator.auditLog(query).entries.map((entry) => entry.id);
    expect(idsOf({ policy: "p-384" })).toEqual([id]);
    expect(idsOf({ text: "release-7" })).toEqual([id]);
    expect(idsOf({ text: id ?? "" })).toEqual([id]);
    const hash = Buffer.from(hashOf("sha256"), "base64").toString("hex");
    expect(idsOf({ text: hash.slice(5, 25).toUpperCase() })).toContain(id);
    expect(emulator.auditLog({ status: "refused", limit: 3 }).entries.map(({ result }) => result)).toEqual([
      ...["refused", "refused", "refused"],
    ]);
    expect(idsOf({ organizationId: "11111111-1111-4111-8111-111111111111" })).toEqual([]);
    expect(idsOf({ organizationId: emulator.organizationId.toUpperCase() })).toContain(id);
  });

  it("is given to an administrator of an emulator in another process", async () => {
    const page = await send(emulator, { path: "/admin/signing-requests?limit=2&status=signed" });
    expect(page.json()).toMatchObject({ count: expect.any(Number), next: expect.any(Number) });
    expect(page.json()["entries"]).toHaveLength(2);
    const id = newest()?.id;
    expect((await send(emulator, { path: `/admin/signing-requests/${id}` })).json()).toMatchObject({
      id,
      exchange: { request: { method: "POST" } },
    });
    for (const path of ["?limit=0", "?limit=x", "?status=x", "?colour=1", "?before=-1"]) {
      expect((await send(emulator, { path: `/admin/signing-requests${path}` })).status, path).toBe(400);
    }
    expect((await send(emulator, { path: "/admin/signing-requests/none" })).status).toBe(404);
    expect((await send(emulator, { path: "/admin/signing-requests", token: false })).status).toBe(401);
  });
});

describe("a change", () => {
  it("is told to whoever listens, also one that comes with the time, and to nobody afterwards", async () => {
    const changes: LedgerChange[] = [];
    const stop = emulator.onAuditLogChange((change) => changes.push(change));
    await submit(emulator, { ...P256, fast: "false" });
    const { id, sequence } = newest() ?? {};
    await eventually(() =>
      expect(changes).toEqual([
        { what: "added", id, sequence },
        { what: "changed", id, sequence },
      ]),
    );
    expect(newest()).toMatchObject({ id, result: "signed", signedAt: expect.any(Date) });
    stop();
    await submit(emulator, P256);
    expect(changes).toHaveLength(2);
  });
});

describe("what went over the wire", () => {
  it("is kept with each submission, without the token wherever it is", async () => {
    const Metadata = { CreatingProcess: { CommandLine: `x --key ${emulator.apiToken}` } };
    await submit(emulator, { policy: "p-256", payload: ecdsaPayload({ Metadata }) });
    const exchange = emulator.exchangeOf(newest()?.id ?? "");
    expect(exchange).toMatchObject({
      request: { method: "POST", path: api(emulator, "SigningRequests"), bodyBytes: expect.any(Number) },
      response: { status: 200, milliseconds: expect.any(Number) },
    });
    expect(exchange?.request.headers).toContainEqual(["Authorization", "Bearer [token]"]);
    expect(exchange?.request.body).toContain("x --key [token]");
    expect(exchange?.response.body).toContain('"Signature":');
    expect(JSON.stringify(exchange)).not.toContain(emulator.apiToken);
  });

  it("is cut where it is long, and no token is cut in two", async () => {
    const filler = "x".repeat(32 * 1024 - 500);
    for (const shift of [0, 10, 480]) {
      const text = `${filler}${"y".repeat(shift)}${`${emulator.apiToken} `.repeat(40)}`;
      await submit(emulator, { policy: "p-256", payload: ecdsaPayload({ Metadata: { text } }) });
      const exchange = emulator.exchangeOf(newest()?.id ?? "");
      expect(exchange?.request.body.length).toBeLessThanOrEqual(32 * 1024);
      expect(exchange?.request.bodyBytes).toBeGreaterThan(32 * 1024);
      for (const { body } of [exchange?.request, exchange?.response].flatMap((each) => each ?? [])) {
        expect(body).not.toContain(emulator.apiToken.slice(0, 6));
      }
    }
  });

  it("is what a fault made of it, and of a refusal too", async () => {
    emulator.addFault({ kind: "wrong-content-type", contentType: "text/x" });
    await submit(emulator, P256);
    expect(emulator.exchangeOf(newest()?.id ?? "")?.response.headers).toContainEqual([
      "Content-Type",
      "text/x",
    ]);
    await submitParts(emulator, []);
    expect(emulator.exchangeOf(newest()?.id ?? "")?.response).toMatchObject({
      status: 400,
      body: expect.stringContaining("errors"),
    });
    expect(emulator.exchangeOf("none")).toBeUndefined();
  });
});
