import { channel } from "node:diagnostics_channel";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from "vitest";
import type { SigningPolicy, SignPathOptions } from "../src/index.js";
import { SignPath, subtle } from "../src/index.js";
import { configFile } from "./config/support.js";
import { makeCertificates, PASSPHRASE } from "./support/certificates.js";
import { connect } from "./support/client.js";
import { useEmulator } from "./support/emulator.js";
import { failureOf, thrownBy } from "./support/failure.js";
import { everythingIn, formsOf } from "./support/leaks.js";
import { startProxy } from "./support/proxy.js";
import { startRaw } from "./support/raw.js";
import { run } from "./support/run.js";
import type { Responder, StubAnswer } from "./support/stub.js";
import { startStub } from "./support/stub.js";
import { testWith } from "./support/verifiers.js";

const CANARY = "canary+Token/7f3a9c0d5e==";
const FORMS = formsOf(CANARY);
const DATA = Buffer.from("data");
const PKCS1 = { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256" };

const emulator = useEmulator({ apiToken: CANARY });

beforeEach(() => {
  vi.stubEnv("SIGNPATH_TIMEOUTS_FIRST_RETRY_DELAY", "0.001");
  vi.stubEnv("SIGNPATH_TIMEOUTS_RETRY_COUNT", "1");
});
afterEach(() => emulator().clearFaults());

function expectNone(value: unknown, forms: readonly string[] = FORMS): void {
  const everything = everythingIn(value);
  const found = forms
    .filter((form) => everything.includes(form))
    .map((form) => everything.slice(Math.max(0, everything.indexOf(form) - 100)).slice(0, 200));
  expect(found).toEqual([]);
}

it("a search finds a secret wherever it is", () => {
  const hidden = Object.defineProperty(new Error("x"), "hidden", { value: CANARY, enumerable: false });
  const places: unknown[] = [
    CANARY,
    new Error("a", { cause: new Error("b", { cause: CANARY }) }),
    hidden,
    new AggregateError([new Error(CANARY)]),
    { a: [{ b: new Map([["c", CANARY]]) }] },
    new (class {
      get token(): string {
        return CANARY;
      }
    })(),
    Buffer.from(`x${CANARY}`),
    { [CANARY]: 1 },
    Object.assign(new DOMException("x"), { cause: { deep: { deeper: { deepest: { still: CANARY } } } } }),
  ];
  for (const place of places) expect(everythingIn(place)).toContain(CANARY);
});

/** The ways of setting a token; each gives the options to pass. */
const PLANTED: Readonly<Record<string, () => SignPathOptions>> = {
  option: () => ({ apiToken: CANARY }),
  variable: () => {
    vi.stubEnv("SIGNPATH_API_TOKEN", CANARY);
    return {};
  },
  file: () => ({ configFile: configFile({ ApiToken: CANARY }) }),
  function: () => ({ apiToken: async () => CANARY }),
};

describe.each(Object.keys(PLANTED))("a token from the %s", (place) => {
  function client(options: SignPathOptions = {}): SignPath {
    const { organizationId, apiUrl } = emulator();
    const planted = PLANTED[place]?.();
    const signpath = new SignPath({ organizationId, apiUrl, totalTimeoutMs: 5000, ...planted, ...options });
    onTestFinished(() => signpath.close());
    return signpath;
  }

  /** What a client fails with at a server that answers like this. */
  async function failures(respond: Responder, options: SignPathOptions = {}): Promise<unknown[]> {
    const stub = await startStub(respond);
    const signpath = client({ apiUrl: stub.origin, ...options });
    const errors = [await failureOf(signpath.policies()), await failureOf(signpath.policy("demo/p-256"))];
    expect(stub.requests[0]?.headers.authorization).toBe(`Bearer ${CANARY}`);
    return errors;
  }

  async function policyOf(options: SignPathOptions = {}): Promise<SigningPolicy> {
    return client(options).policy("demo/rsa-2048");
  }

  it("is in nothing that works", async () => {
    const events: unknown[] = [];
    for (const name of ["signpath:request", "signpath:sign"]) {
      const onEvent = (event: unknown): number => events.push(event);
      channel(name).subscribe(onEvent);
      onTestFinished(() => void channel(name).unsubscribe(onEvent));
    }
    emulator().addFault({ kind: "status", status: 503, route: "signingRequests" });
    const signpath = client();
    const policies = await signpath.policies();
    const policy = await signpath.policy("demo/rsa-2048");
    const { privateKey, publicKey } = await policy.keyPair(PKCS1);
    const signature = await subtle.sign(privateKey.algorithm, privateKey, DATA);
    // The policies, a retry, the signature's request and the signature.
    expect(events.map((event) => (event as { type?: string }).type)).toEqual([
      "attempt",
      "answer",
      "attempt",
      "retry",
      "attempt",
      "answer",
      "signature",
    ]);
    for (const value of [
      signpath,
      policies,
      policy,
      policy.certificate,
      privateKey,
      publicKey,
      signature,
      events,
      subtle,
    ]) {
      expectNone(value);
    }
    expectNone(structuredClone(privateKey));
    expectNone(emulator().signingRequests.at(-1)?.metadata);
  });

  it("is in no error of a server that repeats it wherever it can", async () => {
    const echoes: StubAnswer[] = [
      { status: 401, body: `token ${CANARY} is wrong` },
      { status: 401, headers: { "www-authenticate": `Bearer error="${CANARY}"`, "x-echo": CANARY } },
      { status: 403, body: `<html><title>${CANARY}</title>${CANARY}</html>` },
      {
        status: 400,
        body: { title: CANARY, detail: CANARY, type: CANARY, instance: CANARY, traceId: CANARY },
      },
      { status: 400, body: { errors: { [CANARY]: [CANARY, `x ${CANARY}`] }, status: 400 } },
      {
        status: 400,
        body: `{"detail": "${[...CANARY].map((c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, "0")}`).join("")}"}`,
      },
      { status: 400, body: `${"x".repeat(290)}${CANARY}` },
      { status: 500, body: { detail: `${"x".repeat(990)}${CANARY}` } },
      { status: 302, headers: { location: `https://elsewhere.example/${encodeURIComponent(CANARY)}` } },
      { status: 200, body: CANARY },
      { status: 200, body: `<html>${CANARY}` },
      { status: 200, body: { [CANARY]: CANARY } },
      { status: 200, body: { signingPolicies: CANARY } },
      { status: 200, headers: { "content-encoding": CANARY } },
    ];
    for (const echo of echoes) for (const error of await failures(() => echo)) expectNone(error);
  });

  it("is in no error of an answer that is no HTTP", async () => {
    for (const said of [
      `HTTP/1.1 200 OK\r\nX-Echo: ${CANARY}\r\n${CANARY}\r\n\r\n`,
      `${CANARY} ${CANARY}\r\n\r\n`,
      `HTTP/1.1 200 OK\r\nContent-Length: 5, 6\r\n\r\n${CANARY}`,
      `HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n${CANARY}\r\n${CANARY}`,
      `HTTP/1.1 999999 ${CANARY}\r\n\r\n`,
    ]) {
      const raw = await startRaw((socket) => void socket.once("data", () => socket.end(said)));
      expectNone(await failureOf(client({ apiUrl: raw.origin }).policies()));
    }
  });

  it("is in no error of a connection", async () => {
    const stub = await startStub(() => undefined);
    const errors = [
      await failureOf(client({ apiUrl: "http://127.0.0.1:9" }).policies()),
      await failureOf(client({ apiUrl: "https://signpath.invalid" }).policies()),
      await failureOf(client({ apiUrl: stub.origin.replace("http", "https") }).policies()),
      await failureOf(client({ apiUrl: stub.origin, totalTimeoutMs: 60 }).policies()),
      await failureOf(client({ apiUrl: stub.origin }).policies({}, { signal: AbortSignal.timeout(50) })),
    ];
    expect(errors).toMatchObject([
      { code: "CONNECTION_FAILED" },
      { code: "CONNECTION_FAILED" },
      { code: "TLS_FAILED" },
      { code: "TIMEOUT" },
      { code: "ABORTED" },
    ]);
    for (const error of errors) expectNone(error);
  });

  it("is in no error of a signature", async () => {
    const policy = await policyOf();
    const key = policy.privateKey(PKCS1);
    const sign = (): Promise<ArrayBuffer> => subtle.sign(key.algorithm, key, DATA);
    const errors: unknown[] = [];
    for (const fault of [
      { kind: "other-key" },
      { kind: "html" },
      { kind: "malformed-json" },
      { kind: "foreign-echo", field: "hash" },
      { kind: "status", status: 403 },
    ] as const) {
      emulator().addFault({ ...fault, route: "signingRequests" });
      errors.push(await failureOf(sign()));
    }
    errors.push(
      await failureOf(policy.signHash(new Uint8Array(5), PKCS1)),
      await failureOf(policy.signStream("/no/such/file", PKCS1)),
      await failureOf(policy.signStream(DATA, "ECDSA")),
      await failureOf(policy.signStream(DATA, PKCS1, { signingRequestId: "../x" })),
      await failureOf(client().policy("demo/none")),
      await failureOf(client().policy("none")),
    );
    for (const error of errors) expectNone(error);
  });

  it("is in no error of an asynchronous request", async () => {
    const id = "3fa85f64-5717-4562-b3fc-2c963f66afa6";
    const certificate = Buffer.from(await emulator().certificateOf("rsa-2048")).toString("base64");
    for (const state of [
      { status: "Denied", workflowStatus: CANARY },
      { status: "WaitingForApproval", workflowStatus: CANARY },
      { status: CANARY },
      { status: "Completed" },
    ]) {
      const stub = await startStub(({ method, path }): StubAnswer => {
        if (path.includes("MySigningPolicies")) {
          const entry = { projectSlug: "demo", signingPolicySlug: "rsa-2048", certificateBytes: certificate };
          return { body: { signingPolicies: [entry] } };
        }
        if (method === "POST") return { body: { signingRequestId: id, webLink: CANARY } };
        return { body: path.endsWith("/Status") ? state : { Signature: "c2ln", SigningRequestId: CANARY } };
      });
      const policy = await policyOf({ apiUrl: stub.origin, route: "asynchronous", totalTimeoutMs: 250 });
      const error = await failureOf(policy.signStream(DATA, PKCS1));
      expect(error).toHaveProperty("code");
      expectNone(error);
    }
  });

  it("is in no error of a client that was closed", async () => {
    const signpath = client();
    const policy = await signpath.policy("demo/rsa-2048");
    await signpath.close();
    expectNone(await failureOf(signpath.policies()));
    expectNone(await failureOf(policy.signStream(DATA, PKCS1)));
    expectNone([signpath, policy]);
  });
});

describe("a token that is refused", () => {
  it.each([
    ["option", () => ({ apiToken: `${CANARY} ${CANARY}` })],
    ["option", () => ({ apiToken: `encrypted:${CANARY}` })],
    ["option", () => ({ apiToken: `Bearer ${CANARY}` })],
    ["option", () => ({ apiToken: [CANARY] as unknown as string })],
    ["file", () => ({ configFile: configFile({ ApiToken: { value: CANARY } }) })],
    ["file", () => ({ configFile: configFile(`{"ApiToken": "${CANARY}" x`) })],
    ["file", () => ({ configFile: configFile(`ApiToken = ${CANARY}`) })],
    ["address", () => ({ apiToken: "t", apiUrl: `https://user:${CANARY}@host/` })],
    ["address", () => ({ apiToken: "t", apiUrl: `https://host/?token=${CANARY}` })],
  ])("as part of an %s is not in the error", (_place, options: () => SignPathOptions) => {
    expectNone(thrownBy(() => new SignPath({ ...options(), organizationId: emulator().organizationId })));
  });

  it("as what a function gave is not in the error", async () => {
    for (const given of [`Bearer ${CANARY}`, `${CANARY} x`, `encrypted:${CANARY}`, [CANARY]]) {
      const signpath = connect(emulator(), { apiToken: () => given as string });
      const error = await failureOf(signpath.policies());
      expect(error).toMatchObject({ code: "AUTHENTICATION_FAILED", attempts: 0 });
      expectNone(error);
    }
  });
});

describe("the password of a proxy", () => {
  const password = "canary:Proxy/51b2e8";
  const forms = [...formsOf(password), Buffer.from(`user:${password}`).toString("base64")];

  it.each(["option", "variable", "file"])("from the %s is in nothing", async (place) => {
    const stub = await startStub(() => ({ body: { signingPolicies: [] } }));
    let answer = 407;
    const proxy = await startProxy(() => answer, stub.port);
    const address = `http://user:${encodeURIComponent(password)}@${proxy.host}`;
    if (place === "variable") vi.stubEnv("http_proxy", address);
    const server = {
      ...emulator(),
      apiUrl: "http://signpath.test",
      organizationId: emulator().organizationId,
      apiToken: CANARY,
    };
    const signpath = connect(server, {
      allowInsecureHttp: true,
      ...(place === "option" && { proxy: address }),
      ...(place === "file" && { configFile: configFile({ HttpProxy: address }) }),
    });
    for (const [refusal, signal] of [
      [407, undefined],
      [0, AbortSignal.timeout(200)],
    ] as const) {
      answer = refusal;
      const error = await failureOf(signpath.policies({}, { signal }));
      expectNone(error, forms);
      expectNone(error);
    }
    answer = 200;
    expect(await signpath.policies()).toEqual([]);
    expect(proxy.requests.at(-1)?.headers["proxy-authorization"]).toBe(
      `Basic ${Buffer.from(`user:${password}`).toString("base64")}`,
    );
    expectNone(signpath, forms);
  });

  it("is in no error of its address", () => {
    for (const proxy of [
      `ftp://user:${password}@proxy`,
      `http://user:${password}@`,
      `http://user:%${password}@proxy`,
    ]) {
      expectNone(
        thrownBy(() => connect(emulator(), { proxy })),
        forms,
      );
    }
  });
});

testWith("openssl", "the passphrase of a client's key is in nothing", async () => {
  const forms = formsOf(PASSPHRASE);
  const { client, ca, server, folder } = await makeCertificates();
  const stub = await startStub(() => ({ status: 401 }), { ...server, ca, requestCert: true });
  const { organizationId, apiToken } = emulator();
  const at = (tls: SignPathOptions["tls"]): SignPath =>
    connect({ apiUrl: stub.origin, organizationId, apiToken }, { tls });
  for (const secret of [{ cert: client.cert, key: client.encryptedKey }, { pfx: client.pfx }]) {
    const signpath = at({ ca, ...secret, passphrase: PASSPHRASE });
    const error = await failureOf(signpath.policies());
    expect(error).toMatchObject({ code: "AUTHENTICATION_FAILED" });
    expectNone([signpath, error], forms);
    expectNone(await failureOf(at({ ...secret, passphrase: PASSPHRASE }).policies()), forms);
    expectNone(
      thrownBy(() => at({ ca, ...secret, passphrase: `${PASSPHRASE}-wrong` })),
      forms,
    );
    expectNone(
      thrownBy(() => at({ cert: server.cert, key: client.encryptedKey, passphrase: PASSPHRASE })),
      forms,
    );
  }
  vi.stubEnv("SIGNPATH_TLS_CLIENT_CERTIFICATE", `${folder}/client.pfx`);
  vi.stubEnv("SIGNPATH_TLS_CLIENT_PASSPHRASE", `${PASSPHRASE}-wrong`);
  expectNone(
    thrownBy(() => connect(emulator())),
    forms,
  );
});

describe("another process", () => {
  const built = fileURLToPath(new URL("../dist/index.js", import.meta.url));

  it.skipIf(!existsSync(built))("that dies of an error does not show the token", async () => {
    const { organizationId, apiUrl } = emulator();
    const script = `
      import { SignPath } from ${JSON.stringify(built)};
      const signpath = new SignPath({ totalTimeoutMs: 500 });
      const policy = await signpath.policy("demo/rsa-2048");
      console.log(policy, signpath, policy.privateKey({ name: "RSA-PSS", hash: "SHA-256" }));
      await policy.signHash(new Uint8Array(32), { name: "RSA-PSS", hash: "SHA-256" });
    `;
    const env = { SIGNPATH_ORGANIZATION_ID: organizationId, SIGNPATH_API_TOKEN: CANARY };
    const addresses = [apiUrl, apiUrl.replace("Api", "Wrong"), "http://127.0.0.1:9", "https://user@host"];
    emulator().addFault({ kind: "other-key" });
    for (const address of addresses) {
      const child = await run(process.execPath, ["--input-type=module", "-e", script], {
        env: { PATH: process.env["PATH"], ...env, SIGNPATH_API_URL: address },
      });
      expect(child.status).toBe(1);
      expect(child.stderr).toMatch(/SignPathError/);
      expectNone(child.stdout + child.stderr);
    }
  });
});
