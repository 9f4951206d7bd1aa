import { inspect } from "node:util";
import { afterEach, beforeAll, describe, expect, it } from "vitest";
import { metadataSource } from "../../src/api/metadata.js";
import { SignPathError } from "../../src/base/errors.js";
import { loadConfig } from "../../src/config/load.js";
import type { SignPathOptions } from "../../src/config/options.js";
import { configFile, ORGANIZATION, refusal } from "../config/support.js";
import { api, field, file, multipart, rsaPayload, send } from "../emulator/support.js";
import { connect } from "../support/client.js";
import { useEmulator } from "../support/emulator.js";
import { codedFailureOf } from "../support/failure.js";
import { startStub } from "../support/stub.js";
import { LEAVES } from "./certificates.js";
import { pollution } from "./prototypes.js";

const STOLEN = "stolen+Token/0123456789";

/** What a payload tries to plant: settings, members of answers, methods. */
const PLANTED = `{
  "apiToken": "${STOLEN}", "ApiToken": "${STOLEN}", "organizationId": "${ORGANIZATION}",
  "apiUrl": "https://elsewhere.test/", "allowInsecureHttp": true, "verifySignatures": false,
  "signature": "AAAA", "Signature": "AAAA", "status": "Completed", "isFinalStatus": true,
  "signingPolicies": [], "certificateBytes": "AAAA", "toString": "polluted", "polluted": true
}`;

/** The ways to a prototype, as members of JSON. */
const WAYS: readonly (readonly [string, string])[] = [
  ["__proto__", `"__proto__": ${PLANTED}`],
  ["__proto__ twice", `"__proto__": {"__proto__": ${PLANTED}}`],
  ["__proto__ in another case", `"__PROTO__": ${PLANTED}`],
  ["constructor.prototype", `"constructor": {"prototype": ${PLANTED}}`],
  ["__proto__ of an array", `"0": {"__proto__": ${PLANTED}}, "length": {"__proto__": ${PLANTED}}`],
];

afterEach(() => {
  expect(pollution()).toBeUndefined();
  expect(Reflect.get({}, "polluted")).toBeUndefined();
});

it("a change of a prototype is seen", () => {
  Reflect.set(Object.prototype, "polluted", true);
  try {
    expect(pollution()).toBe("Object.prototype has other members");
  } finally {
    Reflect.deleteProperty(Object.prototype, "polluted");
  }
});

describe.each(WAYS)("%s", (_way, members) => {
  it("in a configuration file supplies no setting", () => {
    const { message } = refusal(() => loadConfig({ configFile: configFile(`{${members}}`) }, {}));
    expect(message).toContain("OrganizationId is missing");
    expect(message).toContain("ApiToken is missing");
    expect(message).not.toContain(STOLEN);
    const nested = configFile(
      `{"OrganizationId": "${ORGANIZATION}", "ApiToken": "own", "Timeouts": {${members}}, ${members}}`,
    );
    const config = loadConfig({ configFile: nested }, {});
    expect(config.token.authorization()).toBe("Bearer own");
    expect(config.baseUrl.host).toBe("app.signpath.io");
    expect(config.verifySignatures).toBe(true);
  });

  it("in options that were parsed from JSON supplies no setting", () => {
    const options = JSON.parse(`{${members}}`) as SignPathOptions;
    expect(refusal(() => loadConfig(options, {})).message).toContain("ApiToken is missing");
    const tls = JSON.parse(`{${members}}`) as NonNullable<SignPathOptions["tls"]>;
    const config = loadConfig({ organizationId: ORGANIZATION, apiToken: "own", tls }, {});
    expect(config.tls).toEqual({});
  });

  it("in metadata stays a member of what is sent", () => {
    const metadata = JSON.parse(`{${members}, "a": {${members}}}`) as Record<string, unknown>;
    for (const given of [metadata, () => metadata]) {
      const config = loadConfig({ organizationId: ORGANIZATION, apiToken: "own", metadata: given }, {});
      const sent = metadataSource(config).next();
      for (const facts of [sent?.payload, sent?.signHash]) {
        expect(Object.getPrototypeOf(facts)).toBe(Object.prototype);
        expect(JSON.parse(JSON.stringify(facts))).toMatchObject({ a: metadata["a"] });
      }
    }
  });

  const server = { organizationId: ORGANIZATION, apiToken: "own" };

  it("in a list of policies adds none, and no member to one", async () => {
    const entry = `{"projectSlug": "app", "signingPolicySlug": "release", ${members}}`;
    let body = `{${members}, "signingPolicies": [${entry}, {${members}}]}`;
    const stub = await startStub(() => ({ body }));
    const signpath = connect({ ...server, apiUrl: stub.origin });
    const [policy, ...others] = await signpath.policies();
    expect(others).toEqual([]);
    expect(policy?.toJSON()).toMatchObject({
      reference: "app/release",
      defect: expect.stringContaining("X.509"),
    });
    body = `{${members}}`;
    expect(await codedFailureOf(signpath.policies())).toMatchObject({ code: "INVALID_RESPONSE" });
  });

  it.each(["fast", "sign-hash", "asynchronous"] as const)(
    "in the answers of the route %s makes no signature and no status",
    async (route) => {
      const certificateBytes = Buffer.from(LEAVES[0] ?? []).toString("base64");
      const entry = { projectSlug: "app", signingPolicySlug: "release", certificateBytes };
      const stub = await startStub(({ method, path }) => {
        if (path.includes("MySigningPolicies")) return { body: { signingPolicies: [entry] } };
        if (method === "POST" && route === "asynchronous")
          return { body: `{"signingRequestId": "${ORGANIZATION}", ${members}}` };
        return { body: `{${members}, "hashSigningResult": {${members}}, "hashSigningData": {${members}}}` };
      });
      const policy = await connect({ ...server, apiUrl: stub.origin }, { route }).policy("app/release");
      const algorithm = { name: policy.keyType === "EC" ? "ECDSA" : "RSASSA-PKCS1-v1_5", hash: "SHA-256" };
      const failure = await codedFailureOf(policy.signStream(Buffer.from("data"), algorithm));
      expect(failure).toMatchObject({ code: "INVALID_RESPONSE", stage: "sign" });
    },
  );

  it("in a problem body is not part of the error", async () => {
    const stub = await startStub(() => ({
      status: 400,
      body: `{"title": "no", ${members}, "errors": {${members}, "field": ["message"]}}`,
    }));
    const failure = await codedFailureOf(connect({ ...server, apiUrl: stub.origin }).policies());
    expect(failure).toBeInstanceOf(SignPathError);
    expect(failure.code).toBe("REQUEST_REJECTED");
    expect(Object.getPrototypeOf(failure.problem)).toBe(Object.prototype);
    expect(failure.problem).not.toHaveProperty("polluted");
    expect(failure.problem?.errors).toHaveProperty("field", ["message"]);
    expect(inspect(failure)).not.toContain(STOLEN);
  });
});

describe("the emulator", () => {
  const emulator = useEmulator();
  beforeAll(() => emulator().prepare());

  it.each(WAYS)("does not take %s in a body for one of its members", async (_way, members) => {
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

  it("repeats metadata with such members as they came", async () => {
    const payload = JSON.stringify(rsaPayload()).replace(
      /}$/,
      `,"Metadata":{"__proto__":{"polluted":true}}}`,
    );
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
});

it("settings that an options object has from its class count as its own", () => {
  class Settings {
    get apiToken(): string {
      return "inherited";
    }
    get organizationId(): string {
      return ORGANIZATION;
    }
  }
  expect(loadConfig(new Settings(), {}).token.authorization()).toBe("Bearer inherited");
});
