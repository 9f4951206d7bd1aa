import { inspect } from "node:util";
import { beforeAll, describe, expect, it } from "vitest";
import type { SignPathOptions } from "../../src/config/options.js";
import { signpath } from "../cli/support.js";
import type { Authority } from "../support/authority.js";
import { createAuthority, selfSigned } from "../support/authority.js";
import { useEmulator } from "../support/emulator.js";
import { eventually } from "../support/eventually.js";
import { codedFailureOf } from "../support/failure.js";
import { startRelay } from "../support/relay.js";
import type { TlsTerminator } from "../support/stunnel.js";
import { startStunnel } from "../support/stunnel.js";
import type { Tinyproxy } from "../support/tinyproxy.js";
import { startTinyproxy } from "../support/tinyproxy.js";
import { describeWith } from "../support/verifiers.js";
import { ANY_ADDRESS, apiUrl, clientOf, fileOf, portOf, sign, stubVariables } from "./support.js";

const USER = { name: "builder", password: "canary-password" };

describeWith(["stunnel", "tinyproxy"], "a proxy", () => {
  const emulator = useEmulator();
  let root: Authority;
  let server: TlsTerminator<"api">;
  let open: Tinyproxy;
  let closed: Tinyproxy;
  /** Where the API is, by an address that a proxy is used for. */
  let target: string;

  beforeAll(async () => {
    root = await createAuthority("root");
    [server, open, closed] = await Promise.all([
      startStunnel({ api: await root.issue() }, portOf(emulator())),
      startTinyproxy(),
      startTinyproxy({ user: USER }),
    ]);
    target = `${ANY_ADDRESS}:${server.port("api")}`;
  });

  function signOver(origin: string, options: SignPathOptions = {}): Promise<void> {
    return sign(clientOf(emulator(), origin, { tls: { ca: root.cert }, ...options }));
  }

  /** Does something, during which these tunnels and no others are asked for. */
  async function expectTunnels(
    proxy: Tinyproxy,
    targets: readonly string[],
    action: () => Promise<unknown>,
  ): Promise<void> {
    const before = proxy.targets().length;
    await action();
    // What the proxy writes may be read later than what it sends.
    await eventually(() => expect(proxy.targets().slice(before)).toEqual(targets));
  }

  function configFile(content: object): string {
    return fileOf("signpath.json", JSON.stringify(content));
  }

  describe("for https", () => {
    it.each(["HTTPS_PROXY", "https_proxy", "http_proxy"])("is the one of %s", async (name) => {
      stubVariables({ [name]: `http://${open.host}` });
      await expectTunnels(open, [target], () => signOver(`https://${target}`));
    });

    it("is the one of the configuration file", async () => {
      stubVariables({ SIGNPATH_CONFIG_FILE: configFile({ HttpProxy: open.host }) });
      await expectTunnels(open, [target], () => signOver(`https://${target}`));
    });

    it("is the one of the option, even for loopback and whatever NO_PROXY says", async () => {
      const loopback = `127.0.0.1:${server.port("api")}`;
      stubVariables({ NO_PROXY: "*" });
      const proxy = open.host;
      await expectTunnels(open, [loopback], () => signOver(`https://${loopback}`, { proxy }));
    });

    it.each<[string, () => Record<string, string>, SignPathOptions?]>([
      ["NO_PROXY lists the address", () => ({ NO_PROXY: ANY_ADDRESS })],
      ["no_proxy lists the address with its port", () => ({ no_proxy: `example.com, ${target}` })],
      ["only HTTP_PROXY is set", () => ({ HTTPS_PROXY: "", HTTP_PROXY: `http://${open.host}` })],
      ["the option is false", () => ({}), { proxy: false }],
    ])("is none where %s", async (_why, variables, options) => {
      stubVariables({ HTTPS_PROXY: `http://${open.host}`, ...variables() });
      await expectTunnels(open, [], () => signOver(`https://${target}`, options));
    });

    it("is none for loopback", async () => {
      const configured = configFile({ HttpProxy: open.host });
      stubVariables({ HTTPS_PROXY: `http://${open.host}`, SIGNPATH_CONFIG_FILE: configured });
      const origin = `https://127.0.0.1:${server.port("api")}`;
      await expectTunnels(open, [], () => signOver(origin));
    });

    it("is used where NO_PROXY lists others", async () => {
      stubVariables({ HTTPS_PROXY: `http://${open.host}`, NO_PROXY: "localhost,127.0.0.1,.example.com" });
      await expectTunnels(open, [target], () => signOver(`https://${target}`));
    });

    it("does not vouch for the server", async () => {
      await expectTunnels(open, [target], async () => {
        const error = await codedFailureOf(signOver(`https://${target}`, { proxy: open.host, tls: {} }));
        expect(error).toMatchObject({ code: "TLS_FAILED", attempts: 1, retryable: false });
      });
    });
  });

  describe("for http", () => {
    it.each(["HTTP_PROXY", "http_proxy"])("is the one of %s", async (name) => {
      const plain = `${ANY_ADDRESS}:${portOf(emulator())}`;
      stubVariables({ [name]: `http://${open.host}` });
      await expectTunnels(open, [plain], () => signOver(`http://${plain}`, { allowInsecureHttp: true }));
    });
  });

  describe("that knows its users", () => {
    const withUser = (): string => `${USER.name}:${USER.password}@${closed.host}`;

    it.each<[string, () => Record<string, string>, () => SignPathOptions]>([
      ["a variable", () => ({ HTTPS_PROXY: `http://${withUser()}` }), () => ({})],
      ["the option", () => ({}), () => ({ proxy: `http://${withUser()}` })],
      ["the configuration file", () => ({}), () => ({ configFile: configFile({ HttpProxy: withUser() }) })],
    ])("lets the name and password of %s through", async (_place, variables, options) => {
      stubVariables(variables());
      await expectTunnels(closed, [target], () => signOver(`https://${target}`, options()));
    });

    it.each([
      ["no name", ""],
      ["another name", "canary-stranger:canary-password@"],
      ["another password", "builder:canary-wrong@"],
    ])("refuses %s for good, and names no secret", async (_what, credentials) => {
      const before = emulator().requests.length;
      const refused = signOver(`https://${target}`, { proxy: `http://${credentials}${closed.host}` });
      const error = await codedFailureOf(refused);
      expect(error).toMatchObject({ code: "CONNECTION_FAILED", attempts: 1, retryable: false });
      // tinyproxy answers 407 where there are no credentials, and up to 1.11 with 401 where they are wrong.
      expect(error.message).toMatch(/40[17].*Check ApiUrl, the network and the proxy settings\./);
      for (const secret of [
        "canary",
        Buffer.from(credentials.slice(0, -1)).toString("base64"),
        emulator().apiToken,
      ]) {
        if (secret !== "") expect(inspect(error, { depth: 9, showHidden: true })).not.toContain(secret);
      }
      expect(emulator().requests).toHaveLength(before);
    });

    it("is asked once", async () => {
      const relay = await startRelay(closed.port);
      await codedFailureOf(signOver(`https://${target}`, { proxy: relay.host }));
      expect(relay.received().split("CONNECT ")).toHaveLength(2);
    });

    it("refuses the command line, which names no secret either", async () => {
      const env = {
        SIGNPATH_API_URL: apiUrl(`https://${target}`),
        HTTPS_PROXY: `http://builder:canary-wrong@${closed.host}`,
      };
      const { status, stdout, stderr } = await signpath(["policies"], { emulator: emulator(), env });
      expect({ status, stdout }).toEqual({ status: 4, stdout: "" });
      expect(stderr).toMatch(/40[17].*proxy settings/s);
      expect(stderr).not.toMatch(/canary|Basic/);
      expect(stderr).not.toContain(emulator().apiToken);
    });
  });

  describe("sees", () => {
    const proxied = (host: string): string => `http://${USER.name}:${USER.password}@${host}`;
    const authorization = `Basic ${Buffer.from(`${USER.name}:${USER.password}`).toString("base64")}`;

    it("where a tunnel leads and who asks, but neither token nor request", async () => {
      const relay = await startRelay(closed.port);
      await signOver(`https://${target}`, { proxy: proxied(relay.host) });
      const seen = relay.received();
      expect(seen.startsWith(`CONNECT ${target} HTTP/1.1\r\n`)).toBe(true);
      expect(seen.split(authorization)).toHaveLength(2);
      for (const hidden of [emulator().apiToken, "Bearer", emulator().organizationId, "SigningPolicies"]) {
        expect(seen).not.toContain(hidden);
        expect(closed.log()).not.toContain(hidden);
      }
    });

    it("all of it where plain http is allowed, and passes no credentials on", async () => {
      const relay = await startRelay(closed.port);
      const api = await startRelay(portOf(emulator()));
      const origin = `http://${ANY_ADDRESS}:${api.host.split(":")[1]}`;
      await signOver(origin, { allowInsecureHttp: true, proxy: proxied(relay.host) });
      expect(relay.received()).toContain(`Bearer ${emulator().apiToken}`);
      expect(api.received()).toContain(`Bearer ${emulator().apiToken}`);
      expect(api.received()).not.toMatch(/proxy-authorization/i);
      expect(api.received()).not.toContain(authorization);
    });
  });

  it("that is reached over TLS itself must be trusted as well", async () => {
    const [trusted, foreign] = await Promise.all([root.issue(), selfSigned()]);
    const proxies = await startStunnel({ trusted, foreign }, open.port);
    const proxy = (name: "trusted" | "foreign"): string => `https://127.0.0.1:${proxies.port(name)}`;
    await expectTunnels(open, [target], () => signOver(`https://${target}`, { proxy: proxy("trusted") }));
    const error = await codedFailureOf(signOver(`https://${target}`, { proxy: proxy("foreign") }));
    expect(error).toMatchObject({ code: "TLS_FAILED", attempts: 1, retryable: false });
  });

  it("that is down fails the call, and serves the same client once it is up again", async () => {
    const first = await startTinyproxy();
    const client = clientOf(emulator(), `https://${target}`, {
      proxy: first.host,
      tls: { ca: root.cert },
      policyCacheMs: 0,
    });
    await sign(client);
    await first.stop();
    const error = await codedFailureOf(sign(client));
    expect(error).toMatchObject({ code: "CONNECTION_FAILED", attempts: 3, retryable: true });
    expect(error.message).toContain("proxy settings");
    const second = await startTinyproxy({ port: first.port });
    await sign(client);
    await eventually(() => expect(second.targets()).toEqual([target]));
  });

  it("that resets a connection is asked again", async () => {
    const relay = await startRelay(open.port, (index) => (index === 0 ? "reset" : "pass"));
    await signOver(`https://${target}`, { proxy: relay.host, retryAmbiguous: false });
    expect(relay.connections).toBe(2);
  });

  it("that resets every connection fails the call in the end", async () => {
    const relay = await startRelay(open.port, () => "reset");
    const error = await codedFailureOf(signOver(`https://${target}`, { proxy: relay.host }));
    expect(error).toMatchObject({ code: "CONNECTION_FAILED", attempts: 3, retryable: true });
    expect(relay.connections).toBe(3);
  });
});
