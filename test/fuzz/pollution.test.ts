import { inspect } from "node:util";
import { afterEach, describe, expect, it } from "vitest";
import { metadataSource } from "../../src/api/metadata.js";
import { SignPathError } from "../../src/base/errors.js";
import { loadConfig } from "../../src/config/load.js";
import type { SignPathOptions } from "../../src/config/options.js";
import type { PolicyReference } from "../../src/policy/reference.js";
import type { SigningAlgorithmIdentifier } from "../../src/policy/signing-policy.js";
import { configFile, ORGANIZATION, refusal } from "../config/support.js";
import { connect } from "../support/client.js";
import { codedFailureOf } from "../support/failure.js";
import { startRaw } from "../support/raw.js";
import { startStub } from "../support/stub.js";
import { LEAVES } from "./certificates.js";
import { pollution, STOLEN, WAYS } from "./prototypes.js";

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

  it("in the environment supplies no setting", () => {
    const env = JSON.parse(`{${members}}`) as Record<string, string>;
    expect(refusal(() => loadConfig({ organizationId: ORGANIZATION }, env)).message).toContain(
      "ApiToken is missing",
    );
    const config = loadConfig({ organizationId: ORGANIZATION, apiToken: "own" }, env);
    expect(config.proxy).toBeUndefined();
    const path = configFile({ HttpProxy: "proxy.test:80" });
    const proxied = loadConfig({ organizationId: ORGANIZATION, apiToken: "own", configFile: path }, env);
    expect(proxied.proxy?.url).toBe("http://proxy.test/");
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

  it("in the name of a policy or of an algorithm gives neither", async () => {
    const given = JSON.parse(`{${members}}`) as PolicyReference & SigningAlgorithmIdentifier;
    const certificateBytes = Buffer.from(LEAVES[0] ?? []).toString("base64");
    const entry = { projectSlug: "demo", signingPolicySlug: "p-256", certificateBytes };
    const stub = await startStub(() => ({ body: { signingPolicies: [entry] } }));
    const signpath = connect({ ...server, apiUrl: stub.origin });
    expect(await codedFailureOf(signpath.policy(given))).toMatchObject({ code: "CONFIG_INVALID" });
    const policy = await signpath.policy("demo/p-256");
    await expect(policy.signHash(new Uint8Array(32), given)).rejects.toMatchObject({
      code: "ALGORITHM_NOT_SUPPORTED",
    });
    expect(stub.requests).toHaveLength(1);
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

it("a header of an answer with such a name is passed over", async () => {
  const names = ["__proto__", "constructor", "prototype", "toString", "hasOwnProperty"];
  const headers = names.map((name) => `${name}: ${STOLEN}\r\n`).join("");
  const answers = [
    ["200 OK", '{"signingPolicies": []}'],
    ["400 Bad Request", '{"title": "no"}'],
  ] as const;
  const server = await startRaw((socket, index) => {
    const [status, body] = answers[index] ?? answers[1];
    socket.once("data", () =>
      socket.end(
        `HTTP/1.1 ${status}\r\n${headers}Connection: close\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
      ),
    );
  });
  const signpath = connect({ apiUrl: server.origin, organizationId: ORGANIZATION, apiToken: "own" });
  expect(await signpath.policies()).toEqual([]);
  const failure = await codedFailureOf(signpath.policies());
  expect(failure.code).toBe("REQUEST_REJECTED");
  expect(inspect(failure)).not.toContain(STOLEN);
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
