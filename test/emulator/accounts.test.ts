import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Emulator, EmulatorOptions, OrganizationOptions } from "../../src/emulator/index.js";
import { startEmulator } from "../../src/emulator/index.js";
import type { SigningPolicy, SignPathError } from "../../src/index.js";
import { SignPath } from "../../src/index.js";
import { api, ecdsaPayload, rsaPayload, send, submit } from "./support.js";

const ORGANIZATIONS: readonly OrganizationOptions[] = [
  {
    name: "One",
    users: [
      { name: "build", submitter: ["p-256", "approval"] },
      { name: "other", submitter: ["p-384"] },
      { name: "none" },
      { name: "reader", auditor: true },
      { name: "approver", kind: "interactive", approver: ["approval"] },
      { name: "expired", submitter: "*", tokenStatus: "expired" },
      { name: "revoked", submitter: "*", tokenStatus: "revoked" },
    ],
  },
  { name: "Two", users: [{ name: "stranger", submitter: "*", approver: "*", auditor: true }] },
];

let emulator: Emulator;
/** A signing request that `build` has made and that is signed. */
let made: string;
beforeAll(async () => {
  emulator = await startEmulator({ organizations: ORGANIZATIONS, processingMs: 0 });
  const answer = await submit(emulator, { policy: "p-256", payload: ecdsaPayload(), fast: "false" });
  made = String(answer.json()["signingRequestId"]);
});
afterAll(() => emulator.close());

/** A client of that user; a stranger's is configured for the first organization. */
function clientOf(user: string, more: object = {}): SignPath {
  return new SignPath({
    apiUrl: emulator.apiUrl,
    organizationId: emulator.organizationId,
    apiToken: user === "wrong" ? "wrong" : (emulator.tokens.get(user) ?? ""),
    ...more,
  });
}

async function codeOf(work: Promise<unknown>): Promise<string> {
  return work.then(
    () => "ok",
    (error: SignPathError) => error.code,
  );
}

const ALGORITHM = { name: "ECDSA", hash: "SHA-256" } as const;
const HASH = Buffer.alloc(32, 7);

/** What a client meets whose policy was read with a good token: the token has changed since. */
async function withPolicy(user: string, route: "fast" | "sign-hash" | "asynchronous"): Promise<string> {
  let apiToken = emulator.tokens.get("build") ?? "";
  const client = clientOf("build", { apiToken: () => apiToken, route });
  try {
    const policy: SigningPolicy = await client.policy("demo/p-256");
    apiToken = user === "wrong" ? "wrong" : (emulator.tokens.get(user) ?? "");
    return await codeOf(policy.signHash(HASH, ALGORITHM));
  } finally {
    await client.close();
  }
}

async function resumed(user: string): Promise<string> {
  let apiToken = emulator.tokens.get("build") ?? "";
  const client = clientOf("build", { apiToken: () => apiToken, route: "asynchronous" });
  try {
    const policy = await client.policy("demo/p-256");
    apiToken = user === "wrong" ? "wrong" : (emulator.tokens.get(user) ?? "");
    const hash = Buffer.from(String(ecdsaPayload()["Base64EncodedHash"]), "base64");
    return await codeOf(policy.signHash(hash, ALGORITHM, { signingRequestId: made }));
  } finally {
    await client.close();
  }
}

async function listed(user: string): Promise<string | number> {
  const client = clientOf(user);
  try {
    return (await client.policies()).length;
  } catch (error) {
    return (error as SignPathError).code;
  } finally {
    await client.close();
  }
}

describe("what a client meets with the token of", () => {
  it.each([
    // user, MySigningPolicies, fast, SignHash, asynchronous, an asynchronous request of somebody else
    ["build", 2, "ok", "ok", "ok", "ok"],
    ["other", 1, "FORBIDDEN", "FORBIDDEN", "FORBIDDEN", "FORBIDDEN"],
    ["none", 0, "FORBIDDEN", "FORBIDDEN", "FORBIDDEN", "FORBIDDEN"],
    ["reader", 0, "FORBIDDEN", "FORBIDDEN", "FORBIDDEN", "ok"],
    ["approver", 0, "FORBIDDEN", "FORBIDDEN", "FORBIDDEN", "FORBIDDEN"],
    ["expired", "AUTHENTICATION_FAILED", ...Array(4).fill("AUTHENTICATION_FAILED")],
    ["revoked", "AUTHENTICATION_FAILED", ...Array(4).fill("AUTHENTICATION_FAILED")],
    ["wrong", "AUTHENTICATION_FAILED", ...Array(4).fill("AUTHENTICATION_FAILED")],
    ["stranger", "REQUEST_REJECTED", ...Array(4).fill("REQUEST_REJECTED")],
  ])("%s: listing %s, fast %s, SignHash %s, asynchronous %s, resumed %s", async (user, ...expected) => {
    expect([
      await listed(user),
      await withPolicy(user, "fast"),
      await withPolicy(user, "sign-hash"),
      await withPolicy(user, "asynchronous"),
      await resumed(user),
    ]).toEqual(expected);
  });

  it.each([
    [401, "AUTHENTICATION_FAILED"],
    [403, "FORBIDDEN"],
    [404, "REQUEST_REJECTED"],
  ] as const)("another organization where that is answered with %i: %s", async (status, code) => {
    const other = await startEmulator({ organizations: ORGANIZATIONS, foreignOrganizationStatus: status });
    try {
      const path = api(other, "Cryptoki/MySigningPolicies");
      const token = other.tokens.get("stranger") ?? "";
      const answer = await send(other, { path, token });
      expect(answer.status).toBe(status);
      expect(answer.headers["www-authenticate"]).toBe(status === 401 ? "Bearer" : undefined);
      const { apiUrl, organizationId } = other;
      const client = new SignPath({ apiUrl, organizationId, apiToken: token });
      expect(await codeOf(client.policies())).toBe(code);
      await client.close();
      // One that there is not tells nothing about those that there are.
      const nowhere = "/Api/v1/11111111-1111-4111-8111-111111111111/Cryptoki/MySigningPolicies";
      expect((await send(other, { path: nowhere, token })).status).toBe(404);
    } finally {
      await other.close();
    }
  });
});

describe("organizations", () => {
  it("have their own keys, requests and names in certificates", async () => {
    const [one, two] = emulator.organizations;
    const of = (id: string | undefined): Promise<string> => emulator.publicKeyOf("p-256", id);
    expect(await of(two?.organizationId)).not.toBe(await of(one?.organizationId));
    expect(
      Buffer.from(await emulator.certificateOf("p-256", two?.organizationId)).toString("latin1"),
    ).toContain("Two");
    const environment = emulator.environmentOf("stranger");
    const path = `/Api/v1/${environment["SIGNPATH_ORGANIZATION_ID"]}/SigningRequests/${made}`;
    expect((await send(emulator, { path, token: environment["SIGNPATH_API_TOKEN"] ?? "" })).status).toBe(404);
    expect(emulator.auditLog({ organizationId: two?.organizationId ?? "" }).entries).toEqual([]);
  });

  it("give and take the right to submit, by the user's name", async () => {
    const token = emulator.tokens.get("none") ?? "";
    const list = (): Promise<unknown> =>
      send(emulator, {
        path: api(emulator, "Cryptoki/MySigningPolicies?signingPolicySlug=p-256"),
        token,
      }).then((answer) => (answer.json()["signingPolicies"] as unknown[]).length);
    emulator.setSubmitter("p-256", true, "none");
    expect(await list()).toBe(1);
    const put = (body: unknown): Promise<number> =>
      send(emulator, {
        method: "PUT",
        path: "/admin/policies/p-256/submitter",
        headers: { "Content-Type": "application/json" },
        body: JSON.stringify(body),
      }).then(({ status }) => status);
    expect(await put({ user: "none", submitter: false })).toBe(204);
    expect(await list()).toBe(0);
    expect([
      await put({ submitter: 1 }),
      await put({ user: "x", submitter: true }),
      await put({ a: 1 }),
    ]).toEqual([400, 400, 400]);
    expect(() => emulator.setSubmitter("p-256", true, "nobody")).toThrow(RangeError);
    expect(() => emulator.environmentOf("nobody")).toThrow(RangeError);
  });

  it("have no administrator but the first user, where none is named", async () => {
    for (const [user, status] of [
      ["build", 200],
      ["reader", 403],
      ["stranger", 403],
      ["expired", 401],
    ] as const) {
      const answer = await send(emulator, { path: "/admin/faults", token: emulator.tokens.get(user) ?? "" });
      expect(answer.status, user).toBe(status);
    }
  });

  it("have an audit log that their auditors read, each its own", async () => {
    const log = (user: string): Promise<{ status: number; entries: unknown }> =>
      send(emulator, { path: "/admin/signing-requests", token: emulator.tokens.get(user) ?? "" }).then(
        (answer) => ({
          status: answer.status,
          entries: answer.json()["entries"],
        }),
      );
    expect((await log("reader")).entries).toContainEqual(
      expect.objectContaining({ id: made, user: "build" }),
    );
    expect(await log("stranger")).toEqual({ status: 200, entries: [] });
    expect((await log("approver")).status).toBe(403);
  });

  it("keep every token out of the log of requests", async () => {
    for (const token of emulator.tokens.values()) {
      await send(emulator, { path: `/x?a=${token}&b=${encodeURIComponent(token)}` });
      expect(emulator.requests.at(-1)?.path).toBe("/x?a=[token]&b=[token]");
    }
  });

  it.each<[unknown, RegExp]>([
    [[], /organizations must be an array/],
    ["x", /organizations must be an array/],
    [[{ name: "A", users: [] }], /users must be an array/],
    [[{ users: [{ name: "a" }] }], /The name of an organization/],
    [[{ name: "A, O=B", users: [{ name: "a" }] }], /The name of an organization/],
    [[{ name: "A", users: [{ name: "a\n" }] }], /The name of a user/],
    [[{ name: "A", users: [{ name: "a" }, { name: "a" }] }], /Two have the same name of a user: 'a'/],
    [[{ name: "A", users: [{ name: "a", apiToken: "x y" }] }], /apiToken must be visible ASCII/],
    [
      [
        {
          name: "A",
          users: [
            { name: "a", apiToken: "x" },
            { name: "b", apiToken: "x" },
          ],
        },
      ],
      /Two have the same apiToken\.$/,
    ],
    [
      [{ name: "A", users: [{ name: "a", submitter: ["nothing"] }] }],
      /submitter names no signing policy: 'nothing'/,
    ],
    [[{ name: "A", users: [{ name: "a", submitter: "p-256" }] }], /submitter must be an array of slugs or/],
    [[{ name: "A", users: [{ name: "a", kind: "robot" }] }], /kind must be ci or interactive/],
    [[{ name: "A", users: [{ name: "a", tokenStatus: 1 }] }], /tokenStatus must be/],
    [[{ name: "A", users: [{ name: "a", policies: [] }] }], /A user has no 'policies'/],
    [[{ name: "A", organizationId: "x", users: [{ name: "a" }] }], /organizationId must be a UUID/],
  ])("are refused as %j", async (organizations, message) => {
    const options = { organizations } as EmulatorOptions;
    await expect(startEmulator(options)).rejects.toThrow(TypeError);
    await expect(startEmulator(options)).rejects.toThrow(message);
  });

  it("go without options of a single one", async () => {
    await expect(startEmulator({ organizations: ORGANIZATIONS, apiToken: "x" })).rejects.toThrow(TypeError);
  });
});

describe("a policy with an approval process", () => {
  const JSON_TYPE = { "Content-Type": "application/json" };

  async function waiting(on: Emulator): Promise<string> {
    const answer = await submit(on, { policy: "approval", fast: "false", payload: rsaPayload() });
    return String(answer.json()["signingRequestId"]);
  }

  const entryOf = (on: Emulator, id: string): object | undefined =>
    on.signingRequests.find((each) => each.id === id);

  it("is approved and denied by its approvers only, with a reason that the log has", async () => {
    const id = await waiting(emulator);
    const act = (verb: string, user: string, body: object): Promise<number> =>
      send(emulator, {
        method: "POST",
        path: `/admin/signing-requests/${id}/${verb}`,
        token: emulator.tokens.get(user) ?? "",
        headers: JSON_TYPE,
        body: JSON.stringify(body),
      }).then(({ status }) => status);
    expect(await act("approve", "build", {})).toBe(403);
    expect(await act("approve", "stranger", {})).toBe(404);
    expect(await act("approve", "none", { by: "approver" })).toBe(403);
    expect(await act("deny", "approver", { comment: 5 })).toBe(400);
    expect(await act("deny", "approver", { reason: "x" })).toBe(400);
    expect(await act("fail", "approver", {})).toBe(403);
    expect(await act("deny", "build", { by: "nobody" })).toBe(400);
    expect(await act("deny", "approver", { comment: "no release on Fridays" })).toBe(204);
    expect(entryOf(emulator, id)).toMatchObject({
      result: "denied",
      status: "Denied",
      decisions: [
        { verdict: "denied", by: "approver", comment: "no release on Fridays", at: expect.any(Date) },
      ],
    });
    expect(await act("approve", "approver", {})).toBe(409);
    const other = await waiting(emulator);
    expect(() => emulator.approve(other, { by: "build" })).toThrow(/'build' is no approver/);
    emulator.approve(other, { by: "approver" });
    expect(entryOf(emulator, other)).toMatchObject({ result: "signed", approvalsNeeded: 1 });
  });

  it("may need several, each of somebody else", async () => {
    const several = await startEmulator({
      approvalsNeeded: 2,
      processingMs: 0,
      organizations: [
        {
          name: "One",
          users: [
            { name: "a", submitter: "*", approver: "*" },
            { name: "b", approver: "*" },
          ],
        },
      ],
    });
    try {
      const id = await waiting(several);
      several.approve(id, { by: "a" });
      expect(entryOf(several, id)).toMatchObject({ result: "pending", approvalsNeeded: 2 });
      expect(() => several.approve(id, { by: "a" })).toThrow(/needs somebody else/);
      several.approve(id, { by: "b" });
      expect(entryOf(several, id)).toMatchObject({ result: "signed" });
    } finally {
      await several.close();
    }
  });

  it("may wait for so long only, and is canceled then", async () => {
    const impatient = await startEmulator({ approvalExpiryMs: 1 });
    try {
      const id = await waiting(impatient);
      while (impatient.signingRequests.at(-1)?.result === "pending") await new Promise(setImmediate);
      expect(entryOf(impatient, id)).toMatchObject({
        result: "expired",
        status: "Canceled",
        decisions: [{ verdict: "expired", by: undefined }],
      });
      expect(() => impatient.approve(id)).toThrow(/cannot be approved: Canceled/);
      const { apiUrl, organizationId, apiToken } = impatient;
      const client = new SignPath({ apiUrl, organizationId, apiToken, route: "asynchronous" });
      const policy = await client.policy("demo/approval");
      const denied = policy.signHash(HASH, { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256" });
      expect(await codeOf(denied)).toBe("REQUEST_DENIED");
      await client.close();
    } finally {
      await impatient.close();
    }
  });

  it("is canceled through the API by whoever has to do with it", async () => {
    const id = await waiting(emulator);
    const cancel = (user: string): Promise<number> =>
      send(emulator, {
        method: "POST",
        path: api(emulator, `SigningRequests/${id}/Cancel`),
        token: emulator.tokens.get(user) ?? "",
      }).then(({ status }) => status);
    expect([
      await cancel("none"),
      await cancel("reader"),
      await cancel("build"),
      await cancel("build"),
    ]).toEqual([403, 403, 204, 400]);
    expect(entryOf(emulator, id)).toMatchObject({ result: "canceled", decisions: [{ by: "build" }] });
  });

  it.each([
    [{ approvalsNeeded: 0 }, /approvalsNeeded/],
    [{ approvalsNeeded: 1.5 }, /approvalsNeeded/],
    [{ approvalExpiryMs: 0 }, /approvalExpiryMs/],
    [{ auditLogCapacity: 0 }, /auditLogCapacity/],
    [{ foreignOrganizationStatus: 500 }, /foreignOrganizationStatus/],
  ])("refuses %j", async (options, message) => {
    await expect(startEmulator(options as EmulatorOptions)).rejects.toThrow(message);
  });
});
