import { writeFileSync } from "node:fs";
import { beforeAll, expect, it } from "vitest";
import type { SignPathOptions, TlsOptions } from "../../../src/config/options.js";
import type { TestCertificates } from "../../support/certificates.js";
import { makeCertificates, PASSPHRASE } from "../../support/certificates.js";
import { eventually } from "../../support/eventually.js";
import { codedFailureOf, failureOf } from "../../support/failure.js";
import { startProxy } from "../../support/proxy.js";
import type { Stub } from "../../support/stub.js";
import { startStub } from "../../support/stub.js";
import { describeWith } from "../../support/verifiers.js";
import { apiClient, HASH, SIGNED, template } from "../support.js";

describeWith("openssl", "a connection over TLS", () => {
  let made: TestCertificates;
  beforeAll(async () => {
    made = await makeCertificates();
  });

  function secure(more: object = {}): Promise<Stub> {
    return startStub(() => SIGNED, { ...made.server, ...more });
  }

  function sign(
    server: Pick<Stub, "origin">,
    options: SignPathOptions,
    env = {},
  ): Promise<{ attempts: number }> {
    const client = apiClient(server, options, env);
    return client.fastSign(template(client), HASH);
  }

  it("trusts an authority of its own beside those of Node", async () => {
    const stub = await secure();
    expect(await sign(stub, { tls: { ca: made.ca } })).toMatchObject({ attempts: 1 });
    expect(await sign(stub, { tls: { ca: [Buffer.from(made.otherCa), made.ca] } })).toMatchObject({
      attempts: 1,
    });
    expect(await sign(stub, {}, { SIGNPATH_TLS_CA_CERTIFICATES: made.path("ca.pem") })).toMatchObject({
      attempts: 1,
    });
  });

  it("leaves those of other clients, and of Node itself, as they are", async () => {
    const stub = await secure();
    expect(await sign(stub, { tls: { ca: made.ca } })).toMatchObject({ attempts: 1 });
    for (const options of [
      {},
      { tls: { ca: made.otherCa } },
      { tls: { cert: made.client.cert, key: made.client.key } },
    ]) {
      expect(await codedFailureOf(sign(stub, options))).toMatchObject({ code: "TLS_FAILED" });
    }
    expect(await failureOf(fetch(stub.origin))).toMatchObject({ message: "fetch failed" });
  });

  it.each<[string, () => SignPathOptions]>([
    ["an authority that Node does not know", () => ({})],
    ["another authority than the trusted one", () => ({ tls: { ca: made.otherCa } })],
  ])("is not made to a server of %s, and nothing is sent or tried again", async (_what, options) => {
    const stub = await secure();
    const error = await codedFailureOf(sign(stub, options()));
    expect(error).toMatchObject({ code: "TLS_FAILED", attempts: 1, retryable: false, stage: "sign" });
    expect(error.message).toMatch(
      /^No trusted connection to SignPath: .*Check ApiUrl, the certificate authorities \(option tls\.ca/,
    );
    expect(error.cause).toMatchObject({ code: expect.stringMatching(/CERT|SIGNATURE/) });
    expect(stub.requests).toEqual([]);
  });

  it("is not made to a server with another name", async () => {
    const stub = await secure({ cert: made.client.cert, key: made.client.key });
    const error = await codedFailureOf(sign(stub, { tls: { ca: made.ca } }));
    expect(error).toMatchObject({ code: "TLS_FAILED", attempts: 1 });
    expect(stub.requests).toEqual([]);
  });

  it("is not made to a server that does not speak TLS", async () => {
    const stub = await startStub(() => SIGNED);
    const origin = stub.origin.replace("http:", "https:");
    expect(await codedFailureOf(sign({ origin }, {}))).toMatchObject({ code: "TLS_FAILED", attempts: 1 });
  });

  it.each<[string, () => TlsOptions]>([
    ["PEM", () => ({ cert: made.client.cert, key: made.client.key })],
    [
      "PEM with a passphrase",
      () => ({ cert: made.client.cert, key: made.client.encryptedKey, passphrase: PASSPHRASE }),
    ],
    ["PKCS#12", () => ({ pfx: made.client.pfx, passphrase: PASSPHRASE })],
  ])("shows a client certificate in %s", async (_form, tls) => {
    const stub = await secure({ ca: made.ca, requestCert: true, rejectUnauthorized: true });
    const names: unknown[] = [];
    stub.server.on("secureConnection", (socket) => names.push(socket.getPeerCertificate().subject));
    expect(await sign(stub, { tls: { ca: made.ca, ...tls() } })).toMatchObject({ attempts: 1 });
    expect(names).toEqual([{ CN: "client" }]);
  });

  it("shows a client certificate from files", async () => {
    writeFileSync(made.path("both.pem"), made.client.key + made.client.cert);
    const stub = await secure({ ca: made.ca, requestCert: true, rejectUnauthorized: true });
    const env = {
      SIGNPATH_TLS_CA_CERTIFICATES: made.path("ca.pem"),
      SIGNPATH_TLS_CLIENT_CERTIFICATE: made.path("both.pem"),
    };
    expect(await sign(stub, {}, env)).toMatchObject({ attempts: 1 });
  });

  it("without the client certificate that the server asks for fails for good", async () => {
    const stub = await secure({
      ca: made.ca,
      requestCert: true,
      rejectUnauthorized: true,
      maxVersion: "TLSv1.2",
    });
    const error = await codedFailureOf(sign(stub, { tls: { ca: made.ca } }));
    expect(error).toMatchObject({ code: "TLS_FAILED", attempts: 1, retryable: false });
    expect(stub.requests).toEqual([]);
  });

  it("goes through a proxy, which sees neither the token nor the request", async () => {
    const stub = await secure({ ca: made.ca, requestCert: true, rejectUnauthorized: true });
    const proxy = await startProxy(() => 200, stub.port);
    const { cert, key } = made.client;
    const client = apiClient(
      { origin: "https://signpath.test" },
      { tls: { ca: made.ca, cert, key } },
      { HTTPS_PROXY: `http://user:canary-pass@${proxy.host}` },
    );
    const made1 = template(client);
    for (let count = 0; count < 3; count++) await client.fastSign(made1, HASH);
    expect(stub.requests.map(({ headers }) => headers.host)).toEqual(Array(3).fill("signpath.test"));
    expect(proxy.requests).toHaveLength(1);
    expect(proxy.requests[0]).toMatchObject({ method: "CONNECT", target: "signpath.test:443" });
    expect(proxy.requests[0]?.headers["proxy-authorization"]).toBe(
      `Basic ${Buffer.from("user:canary-pass").toString("base64")}`,
    );
    expect(proxy.requests[0]?.headers.authorization).toBeUndefined();
    for (const { headers } of stub.requests) expect(headers["proxy-authorization"]).toBeUndefined();
    await client.close();
    await eventually(() => expect(proxy.open).toBe(0));
  });

  it("through a proxy is checked just as well", async () => {
    const stub = await secure();
    const proxy = await startProxy(() => 200, stub.port);
    const untrusted = apiClient({ origin: "https://signpath.test" }, { proxy: proxy.host });
    const error = await codedFailureOf(untrusted.fastSign(template(untrusted), HASH));
    expect(error).toMatchObject({ code: "TLS_FAILED", attempts: 1, retryable: false });
    const misnamed = apiClient({ origin: "https://other.test" }, { proxy: proxy.host, tls: { ca: made.ca } });
    const other = await codedFailureOf(misnamed.fastSign(template(misnamed), HASH));
    expect(other).toMatchObject({ code: "TLS_FAILED", attempts: 1 });
    expect(stub.requests).toEqual([]);
  });
});
