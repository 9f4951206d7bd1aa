import { afterEach, beforeAll, describe, expect, it } from "vitest";
import type { Fault } from "../../src/emulator/faults/fault.js";
import { FaultBook } from "../../src/emulator/faults/fault-book.js";
import { parseFault } from "../../src/emulator/faults/spec.js";
import type { EmulatorOptions } from "../../src/emulator/options.js";
import { settingsOf } from "../../src/emulator/options.js";
import { seededRandom } from "../../src/emulator/random.js";
import type { Answer, Sending } from "../emulator/support.js";
import { api, field, file, multipart, rsaPayload, send, validationError } from "../emulator/support.js";
import { connect } from "../support/client.js";
import { useEmulator } from "../support/emulator.js";
import { pollution, WAYS } from "./prototypes.js";

const emulator = useEmulator();
beforeAll(() => emulator().prepare());

afterEach(() => {
  expect(pollution()).toBeUndefined();
  expect(Reflect.get({}, "polluted")).toBeUndefined();
});

function admin(method: NonNullable<Sending["method"]>, path: string, body?: string): Promise<Answer> {
  const headers = { "Content-Type": "application/json" };
  return send(emulator(), { method, path: `/admin/${path}`, ...(body !== undefined && { headers, body }) });
}

it.each(WAYS)("the emulator does not take %s in a body for one of its members", async (_way, members) => {
  const before = emulator().signingRequests.length;
  const headers = { "Content-Type": "application/json" };
  for (const body of [
    `{${members}}`,
    `{"projectSlug": "demo", "signingPolicySlug": "rsa-2048", "hashSigningData": {${members}}}`,
    `{"projectSlug": "demo", "signingPolicySlug": "rsa-2048", "hashSigningData": {"hash": "AAAA", "signatureAlgorithm": "Rsa", "rsaOptions": {${members}}}}`,
  ]) {
    const path = api(emulator(), "SigningRequests/SignHash");
    expect((await send(emulator(), { method: "POST", path, headers, body })).status).toBe(400);
  }
  const parts = [field("__proto__", "x"), field("ProjectSlug", "demo"), field("constructor", "x")];
  const whole = [...parts, field("SigningPolicySlug", "rsa-2048"), file(`{${members}}`)];
  for (const body of [multipart("X", parts), multipart("X", whole)]) {
    const form = { "Content-Type": "multipart/form-data; boundary=X" };
    const path = api(emulator(), "SigningRequests");
    expect((await send(emulator(), { method: "POST", path, headers: form, body })).status).toBe(400);
  }
  expect(emulator().signingRequests).toHaveLength(before);
});

it("the emulator repeats metadata with such members as they came", async () => {
  const payload = JSON.stringify(rsaPayload()).replace(/}$/, `,"Metadata":{"__proto__":{"polluted":true}}}`);
  const parts = [
    field("ProjectSlug", "demo"),
    field("SigningPolicySlug", "rsa-2048"),
    field("IsFastSigningRequest", "true"),
    file(payload),
  ];
  const answer = await send(emulator(), {
    method: "POST",
    path: api(emulator(), "SigningRequests"),
    headers: { "Content-Type": "multipart/form-data; boundary=X" },
    body: multipart("X", parts),
  });
  expect(answer.text).toContain('"Metadata":{"__proto__":{"polluted":true}}');
});

describe.each(WAYS)("%s", (_way, members) => {
  it.each([
    ["POST", "faults", ""],
    ["POST", "faults", '"kind": "html", '],
    ["PUT", "rate-limit", ""],
    ["PUT", "rate-limit", '"requestsPerSecond": 5, '],
    ["POST", "policies/p-256/rotate-certificate", ""],
    ["POST", "policies/p-256/rotate-certificate", '"newKey": true, '],
  ] as const)("in an order to %s /admin/%s is refused, also after %s", async (method, path, own) => {
    const before = await emulator().certificateOf("p-256");
    const answer = await admin(method, path, `{${own}${members}}`);
    expect(answer.status).toBe(400);
    expect(validationError(answer)).toMatch(/no field|has no '|no fault 'undefined'/);
    expect((await admin("GET", "faults")).json()).toEqual({ faults: [] });
    expect((await admin("GET", "rate-limit")).json()).toMatchObject({ rateLimit: null });
    expect(await emulator().certificateOf("p-256")).toEqual(before);
  });

  it("in the options of the emulator supplies none", () => {
    const settings = settingsOf(JSON.parse(`{${members}}`) as EmulatorOptions);
    expect(settings).toEqual(settingsOf({}));
  });

  it("in a fault is refused, and makes none", () => {
    const book = new FaultBook(seededRandom(1), false);
    for (const text of [`{${members}}`, `{"kind": "html", ${members}}`]) {
      expect(() => book.add(JSON.parse(text) as Fault)).toThrow(TypeError);
      expect(() => parseFault(text)).toThrow(TypeError);
    }
    expect(book.list()).toEqual([]);
  });
});

describe.each(["__proto__", "constructor", "prototype", "toString", "hasOwnProperty"])("%s", (name) => {
  it("is the name of no fault, no field and nothing below /admin/", async () => {
    for (const text of [name, `${name}=1`, `html,${name}=1`, `status=503,${name}=1`])
      expect(() => parseFault(text)).toThrow(TypeError);
    expect((await admin("GET", name)).status).toBe(404);
    expect((await admin("POST", `policies/${name}/rotate-certificate`, "{}")).status).toBe(404);
    expect((await admin("POST", `signing-requests/${name}/approve`)).status).toBe(404);
    expect((await admin("POST", `signing-requests/x/${name}`)).status).toBe(404);
  });

  it("as a header, a parameter of one or of a query means nothing to the emulator", async () => {
    const headers = Object.fromEntries([
      [name, "x"],
      ["Content-Type", `application/json; ${name}=x`],
    ]);
    const list = api(emulator(), "Cryptoki/MySigningPolicies");
    const plain = await send(emulator(), { path: list });
    const given = await send(emulator(), { path: `${list}?${name}=x`, headers });
    expect([given.status, given.text]).toEqual([200, plain.text]);
  });

  it("as a member that a server adds to its answers means nothing to the client", async () => {
    const policy = await connect(emulator()).policy("demo/p-256");
    const algorithm = { name: "ECDSA", hash: "SHA-256" };
    for (const kind of ["extra-field", "missing-field"] as const) {
      emulator().addFault({ kind, field: name });
      const signature = await policy.signHash(new Uint8Array(32), algorithm);
      expect(signature.byteLength).toBe(64);
      // No answer has a member of that name to leave out.
      expect((await admin("GET", "faults")).json()["faults"]).toHaveLength(kind === "extra-field" ? 0 : 1);
      emulator().clearFaults();
    }
  });
});
