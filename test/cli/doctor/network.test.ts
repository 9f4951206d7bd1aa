import { afterEach, beforeAll, describe, expect, test } from "vitest";
import { startEmulator } from "../../../src/emulator/index.js";
import { ANY_ADDRESS, fileOf, portOf } from "../../network/support.js";
import { createAuthority } from "../../support/authority.js";
import type { TestCertificates } from "../../support/certificates.js";
import { makeCertificates, opensslIn, PASSPHRASE } from "../../support/certificates.js";
import type { TlsTerminator } from "../../support/stunnel.js";
import { startStunnel } from "../../support/stunnel.js";
import type { Tinyproxy } from "../../support/tinyproxy.js";
import { startTinyproxy } from "../../support/tinyproxy.js";
import { describeWith, testWith } from "../../support/verifiers.js";
import { examine, useUnspentEmulator } from "./support.js";

const emulator = useUnspentEmulator();

describe("where nothing is", () => {
  test.each([
    ["a dead port", "http://127.0.0.1:9/Api", "connection CONNECTION_FAILED", "connection"],
    ["an unknown host", "https://signpath.invalid/Api", "dns CONNECTION_FAILED", "dns"],
  ])(
    "%s ends the way to the service, and not what is beside it",
    async (_what, SIGNPATH_API_URL, expected, stage) => {
      const { errors, at, of, exitCode } = await examine(emulator(), {
        env: { SIGNPATH_API_URL },
        flags: { timestamp: [emulator().timestampUrl] },
      });
      expect([errors, exitCode]).toEqual([[expected], 4]);
      for (const later of ["tls", "service", "token", "policies", "chain"] as const)
        expect(at(later)[0]).toMatchObject({ status: "skipped", dependsOn: stage });
      expect(of("timestamp")).toEqual(["ok OK"]);
    },
  );

  test("a name is told with its addresses", async () => {
    const SIGNPATH_API_URL = `http://localhost:${portOf(emulator())}/Api`;
    const { at } = await examine(emulator(), { env: { SIGNPATH_API_URL } });
    expect(at("dns")[0]?.found).toMatch(/^localhost is (?:127\.0\.0\.1|::1).*IPv[46]/);
  });
});

describe("TLS", () => {
  const tls = useUnspentEmulator({ tls: true });
  const withCa = (): Record<string, string> => ({
    SIGNPATH_TLS_CA_CERTIFICATES: fileOf("ca.pem", tls().rootCertificate),
  });

  afterEach(() => tls().clearFaults());

  test("of a server that is trusted is told with protocol, chain and end", async () => {
    const { at, errors, exitCode } = await examine(tls(), { env: withCa() });
    expect([errors, exitCode]).toEqual([[], 0]);
    expect(at("tls")[0]?.found).toMatch(
      /^TLSv1\.3, CN=.*, issued by CN=SignPath Emulator.*, until \d{4}-\d\d-\d\d$/,
    );
    expect(at("tls")[0]?.details).toMatchObject({ protocol: "TLSv1.3", chain: expect.any(Array) });
  });

  test("of an authority that is not known names it, and says how to have it trusted", async () => {
    const asked = (): number => tls().requests.filter(({ route }) => route === "mySigningPolicies").length;
    const before = asked();
    const { at, errors, exitCode } = await examine(tls());
    expect([errors, exitCode]).toEqual([["tls TLS_FAILED"], 4]);
    expect(at("tls")[0]?.found).toMatch(/issued by CN=SignPath Emulator/);
    expect(at("tls")[0]?.advice).toContain("SIGNPATH_TLS_CA_CERTIFICATES");
    expect(at("service")[0]).toMatchObject({ code: "BLOCKED", dependsOn: "tls" });
    // The token was not sent to whom nobody vouches for.
    expect(asked()).toBe(before);
  });

  test.each([
    ["expired", "CERT_HAS_EXPIRED", "TLS_FAILED"],
    ["not-yet-valid", "CERT_NOT_YET_VALID", "TLS_FAILED"],
    ["foreign-name", "another host.*for DNS:", "TLS_FAILED"],
    ["untrusted", "issued by", "TLS_FAILED"],
    ["alert", "alert", "TLS_FAILED"],
    ["plain-text", "wrong version number|packet length", "TLS_FAILED"],
    ["reset", "ECONNRESET|closed", "CONNECTION_FAILED"],
  ] as const)("that fails: %s", async (failure, words, code) => {
    // The connection before, which only looks whether something listens, meets it as well.
    tls().addFault({ kind: "tls-failure", failure, count: Number.POSITIVE_INFINITY });
    const { at, errors, exitCode } = await examine(tls(), { env: withCa() });
    expect([errors, exitCode]).toEqual([[`tls ${code}`], 4]);
    expect(at("tls")[0]?.found).toMatch(new RegExp(words, "i"));
  });

  test("plain http to another machine is a warning", async () => {
    const env = {
      SIGNPATH_API_URL: `http://${ANY_ADDRESS}:${portOf(emulator())}/Api`,
      SIGNPATH_ALLOW_INSECURE_HTTP: "true",
    };
    const { of, exitCode } = await examine(emulator(), { env });
    expect([of("tls"), exitCode]).toEqual([["warning PLAIN_HTTP"], 0]);
  });
});

test("a port that is closed for a while", async () => {
  const own = await startEmulator();
  own.refuseConnections(60_000);
  const { errors } = await examine(own);
  expect(errors).toEqual(["connection CONNECTION_FAILED"]);
  await own.close();
});

describeWith("tinyproxy", "a proxy", () => {
  const USER = { name: "builder", password: "proxy-canary-9d1f" };
  let open: Tinyproxy;
  let closed: Tinyproxy;
  /** By an address that a proxy is used for. */
  const api = (): Record<string, string> => ({
    SIGNPATH_API_URL: `http://${ANY_ADDRESS}:${portOf(emulator())}/Api`,
    SIGNPATH_ALLOW_INSECURE_HTTP: "true",
  });

  beforeAll(async () => {
    [open, closed] = await Promise.all([startTinyproxy(), startTinyproxy({ user: USER })]);
  });

  test("that opens a tunnel is told with what names it", async () => {
    const { at, errors, exitCode } = await examine(emulator(), { env: { ...api(), http_proxy: open.host } });
    expect([errors, exitCode]).toEqual([[], 0]);
    expect(at("proxy")[0]?.found).toBe(
      `the proxy ${open.host} (variable http_proxy) opens a tunnel to ${ANY_ADDRESS}:${portOf(emulator())}`,
    );
    expect(at("connection")[0]?.found).toContain("through the proxy");
    expect(at("policies")[0]?.status).toBe("ok");
  });

  test("of the configuration file, with a user name and a password, which are not shown", async () => {
    const HttpProxy = `http://${USER.name}:${USER.password}@${closed.host}`;
    const SIGNPATH_CONFIG_FILE = fileOf("signpath.json", JSON.stringify({ HttpProxy }));
    const { at, findings, exitCode } = await examine(emulator(), { env: { ...api(), SIGNPATH_CONFIG_FILE } });
    expect([at("proxy")[0]?.status, exitCode]).toEqual(["ok", 0]);
    expect(at("proxy")[0]?.found).toContain(`HttpProxy in ${SIGNPATH_CONFIG_FILE}`);
    expect(JSON.stringify(findings)).not.toContain(USER.password);
  });

  testWith("stunnel", "that is spoken to by TLS", async () => {
    const root = await createAuthority("root of the proxy");
    const server = await startStunnel({ proxy: await root.issue() }, open.port);
    const HTTP_PROXY = `https://127.0.0.1:${server.port("proxy")}`;
    const ca = { SIGNPATH_TLS_CA_CERTIFICATES: fileOf("ca.pem", root.cert) };
    const trusted = await examine(emulator(), { env: { ...api(), ...ca, HTTP_PROXY } });
    expect([trusted.of("proxy"), trusted.of("policies")[0], trusted.exitCode]).toEqual([
      ["ok OK"],
      "ok OK",
      0,
    ]);
    const unknown = await examine(emulator(), { env: { ...api(), HTTP_PROXY } });
    expect(unknown.errors).toEqual(["proxy TLS_FAILED"]);
  });

  test("that refuses is told with its status, and hinders what goes through it", async () => {
    const { at, errors, exitCode } = await examine(emulator(), {
      env: { ...api(), HTTP_PROXY: closed.host },
    });
    expect([errors, exitCode]).toEqual([["proxy CONNECTION_FAILED"], 4]);
    expect(at("proxy")[0]?.details).toMatchObject({ status: 407, credentials: false });
    expect(at("proxy")[0]?.advice).toContain("user name and a password");
    expect(at("policies")[0]).toMatchObject({ code: "BLOCKED", dependsOn: "proxy" });
  });

  test("that does not take the user name and the password is told apart", async () => {
    const HTTP_PROXY = `http://${USER.name}:wrong-canary@${closed.host}`;
    const { at, findings } = await examine(emulator(), { env: { ...api(), HTTP_PROXY } });
    expect(at("proxy")[0]).toMatchObject({ status: "error", details: { status: 401 } });
    expect(at("proxy")[0]?.advice).toContain("does not take the user name and the password");
    expect(JSON.stringify(findings)).not.toContain("wrong-canary");
  });

  test("that does not answer, or is not there", async () => {
    const dead = await examine(emulator(), { env: { ...api(), HTTP_PROXY: "127.0.0.1:9" } });
    expect(dead.errors).toEqual(["proxy CONNECTION_FAILED"]);
    const unknown = await examine(emulator(), { env: { ...api(), HTTP_PROXY: "proxy.invalid:8080" } });
    expect(unknown.errors).toEqual(["dns CONNECTION_FAILED"]);
  });

  test.each([
    ["NO_PROXY lists the address", () => ({ ...api(), NO_PROXY: ANY_ADDRESS }), "NO_PROXY lists it"],
    ["it is this machine", () => ({}), "it is this machine"],
  ])("is left out where %s", async (_what, env, why) => {
    const { at, exitCode } = await examine(emulator(), { env: { HTTP_PROXY: "127.0.0.1:9", ...env() } });
    expect([at("proxy")[0]?.found, exitCode]).toEqual([expect.stringContaining(why), 0]);
  });
});

describeWith(["openssl", "stunnel"], "a server that asks for a client certificate", () => {
  let made: TestCertificates;
  let server: TlsTerminator<"api" | "older">;

  beforeAll(async () => {
    made = await makeCertificates();
    const port = { ...made.server, clientCa: made.ca };
    const older = { ...port, settings: { sslVersion: "TLSv1.2" } };
    server = await startStunnel({ api: port, older }, portOf(emulator()));
  });

  const api = (): Record<string, string> => ({
    SIGNPATH_API_URL: `https://127.0.0.1:${server.port("api")}/Api`,
    SIGNPATH_TLS_CA_CERTIFICATES: made.path("ca.pem"),
  });

  test("gets it, of PEM and of PFX, and it is told whose it is", async () => {
    const pem = {
      SIGNPATH_TLS_CLIENT_CERTIFICATE: made.path("client.pem"),
      SIGNPATH_TLS_CLIENT_KEY: made.path("client.key"),
    };
    const pfx = {
      SIGNPATH_TLS_CLIENT_CERTIFICATE: made.path("client.pfx"),
      SIGNPATH_TLS_CLIENT_PASSPHRASE: PASSPHRASE,
    };
    for (const env of [pem, pfx]) {
      const { at, of, errors, findings, exitCode } = await examine(emulator(), { env: { ...api(), ...env } });
      expect([errors, exitCode, of("tls")]).toEqual([[], 0, ["ok OK", "ok OK"]]);
      expect(at("tls")[1]?.found).toMatch(/^client certificate CN=client of CN=ca is valid until/);
      expect(JSON.stringify(findings)).not.toContain(PASSPHRASE);
      expect(JSON.stringify(findings)).not.toContain("PRIVATE KEY");
    }
  });

  test.each([
    // By TLS 1.3 the server may refuse after the handshake only.
    ["api", "service"],
    ["older", "tls"],
  ] as const)("and gets none (%s): the advice names the variable", async (port, stage) => {
    const SIGNPATH_API_URL = `https://127.0.0.1:${server.port(port)}/Api`;
    const { errors, at, exitCode } = await examine(emulator(), { env: { ...api(), SIGNPATH_API_URL } });
    expect([errors, exitCode]).toEqual([[`${stage} TLS_FAILED`], 4]);
    expect(at(stage)[0]?.advice).toContain("SIGNPATH_TLS_CLIENT_CERTIFICATE");
  });

  test("a wrong passphrase is an error, and a certificate that ends tomorrow a warning", async () => {
    const wrong = {
      SIGNPATH_TLS_CLIENT_CERTIFICATE: made.path("client.pfx"),
      SIGNPATH_TLS_CLIENT_PASSPHRASE: "no",
    };
    expect((await examine(emulator(), { env: { ...api(), ...wrong } })).errors).toEqual([
      "tls-settings CONFIG_INVALID",
    ]);
    await opensslIn(
      made.folder,
      ...["x509", "-in", "client.pem", "-signkey", "client.key", "-out", "ending.pem", "-days", "1"],
    );
    const ending = {
      SIGNPATH_TLS_CLIENT_CERTIFICATE: made.path("ending.pem"),
      SIGNPATH_TLS_CLIENT_KEY: made.path("client.key"),
    };
    const { warnings } = await examine(emulator(), { env: { ...api(), ...ending } });
    expect(warnings).toContain("tls-settings CERTIFICATE_EXPIRES_SOON");
  });
});
