import { inspect } from "node:util";
import { beforeAll, expect, it } from "vitest";
import type { TimestampOptions } from "../../../src/cms/index.js";
import { timestamp } from "../../../src/cms/index.js";
import type { SignPathOptions } from "../../../src/config/options.js";
import { ANY_ADDRESS, clientOf, fileOf, portOf, stubVariables } from "../../network/support.js";
import type { Authority } from "../../support/authority.js";
import { createAuthority, selfSigned } from "../../support/authority.js";
import type { TestCertificates } from "../../support/certificates.js";
import { makeCertificates } from "../../support/certificates.js";
import { useEmulator } from "../../support/emulator.js";
import { eventually } from "../../support/eventually.js";
import { startRelay } from "../../support/relay.js";
import { startStub } from "../../support/stub.js";
import type { TlsTerminator } from "../../support/stunnel.js";
import { startStunnel } from "../../support/stunnel.js";
import type { Tinyproxy } from "../../support/tinyproxy.js";
import { startTinyproxy } from "../../support/tinyproxy.js";
import { describeWith } from "../../support/verifiers.js";
import { DATA, DIGEST, onlyFailureOf, opensslVerifies } from "./support.js";

const USER = { name: "builder", password: "canary-password" };

describeWith(["openssl", "stunnel", "tinyproxy"], "a timestamp authority", () => {
  const emulator = useEmulator();
  let root: Authority;
  let made: TestCertificates;
  let server: TlsTerminator<"trusted" | "foreign" | "expired" | "client">;
  let proxy: Tinyproxy;

  beforeAll(async () => {
    [root, made] = await Promise.all([createAuthority("root"), makeCertificates()]);
    const ports = {
      trusted: await root.issue(),
      foreign: await selfSigned(),
      expired: await root.issue({ from: -30, to: -1 }),
      client: { ...made.server, clientCa: made.ca },
    };
    [server, proxy] = await Promise.all([
      startStunnel(ports, portOf(emulator())),
      startTinyproxy({ user: USER }),
    ]);
  });

  function urlOf(name: Parameters<typeof server.port>[0], host = "127.0.0.1"): string {
    return `https://${host}:${server.port(name)}/tsa`;
  }

  async function stamp(url: string, client: SignPathOptions = {}): Promise<void> {
    const options: TimestampOptions = {
      authorities: [url],
      client: clientOf(emulator(), `http://127.0.0.1:${portOf(emulator())}`, client),
      roots: [emulator().rootCertificate],
    };
    const { token } = await timestamp(DIGEST, options);
    await opensslVerifies(token, DATA, emulator());
  }

  it("over https is trusted by the authorities of the client's options", async () => {
    await stamp(urlOf("trusted"), { tls: { ca: root.cert } });
  });

  it("over https is trusted by those of the variables, without a client, too", async () => {
    stubVariables({ SIGNPATH_TLS_CA_CERTIFICATES: fileOf("root.pem", root.cert) });
    const { authority } = await timestamp(DIGEST, { authorities: [urlOf("trusted")] });
    expect(authority).toBe(urlOf("trusted"));
  });

  it.each(["foreign", "expired"] as const)("with a certificate that is %s is told nothing", async (name) => {
    const before = emulator().requests.length;
    const error = await onlyFailureOf(stamp(urlOf(name), { tls: { ca: root.cert } }));
    expect(error).toMatchObject({ code: "TLS_FAILED", stage: "timestamp", attempts: 1, retryable: false });
    expect(emulator().requests).toHaveLength(before);
  });

  it("that asks for a client certificate gets the client's", async () => {
    const { cert, key } = made.client;
    await stamp(urlOf("client"), { tls: { ca: made.ca, cert, key } });
    expect(await onlyFailureOf(stamp(urlOf("client"), { tls: { ca: made.ca } }))).toMatchObject({
      code: "TLS_FAILED",
    });
  });

  it("is reached through the proxy of the client's options, which sees no request", async () => {
    const relay = await startRelay(proxy.port);
    const through = `http://${USER.name}:${USER.password}@${relay.host}`;
    await stamp(urlOf("trusted"), { proxy: through, tls: { ca: root.cert } });
    const target = `127.0.0.1:${server.port("trusted")}`;
    expect(relay.received()).toContain(`CONNECT ${target} HTTP/1.1`);
    expect(relay.received()).not.toMatch(/timestamp-query|POST/);
  });

  it("is reached through the proxy of the variables, whether or not the API is", async () => {
    stubVariables({ HTTPS_PROXY: `http://${USER.name}:${USER.password}@${proxy.host}` });
    const before = proxy.targets().length;
    await stamp(urlOf("trusted", ANY_ADDRESS), { tls: { ca: root.cert } });
    await stamp(urlOf("trusted"), { tls: { ca: root.cert } });
    stubVariables({ NO_PROXY: ANY_ADDRESS });
    await stamp(urlOf("trusted", ANY_ADDRESS), { tls: { ca: root.cert } });
    // The emulator and the second authority are on loopback.
    await eventually(() =>
      expect(proxy.targets().slice(before)).toEqual([`${ANY_ADDRESS}:${server.port("trusted")}`]),
    );
  });

  it("is not reached through a proxy that refuses, and no secret is named", async () => {
    const wrong = `http://${USER.name}:canary-wrong@${proxy.host}`;
    const error = await onlyFailureOf(stamp(urlOf("trusted"), { proxy: wrong, tls: { ca: root.cert } }));
    expect(error).toMatchObject({ code: "CONNECTION_FAILED", retryable: false });
    expect(inspect(error, { depth: 9, showHidden: true })).not.toContain("canary");
  });

  it("is not reached through a proxy of the variables that is none", async () => {
    const client = clientOf(emulator(), `http://127.0.0.1:${portOf(emulator())}`);
    stubVariables({ HTTPS_PROXY: "socks5://user:canary@proxy" });
    const other = clientOf(emulator(), `http://127.0.0.1:${portOf(emulator())}`, { tls: { ca: root.cert } });
    const authorities = [urlOf("trusted", ANY_ADDRESS)];
    const error = await onlyFailureOf(timestamp(DIGEST, { authorities, client: other }));
    expect(error).toMatchObject({ code: "CONFIG_INVALID", attempts: 0 });
    expect(error.message).toContain("variable HTTPS_PROXY must be host:port");
    expect(error.message).not.toContain("canary");
    // The settings are those of the time when the client was made.
    expect(await onlyFailureOf(timestamp(DIGEST, { authorities, client }))).toMatchObject({
      code: "TLS_FAILED",
    });
  });

  it("gets a user name and a password over TLS, from any address", async () => {
    const headers: unknown[] = [];
    const guarded = await startStub((request) => {
      headers.push(request.headers.authorization);
      return { status: 401 };
    });
    const terminator = await startStunnel({ tsa: await root.issue() }, guarded.port);
    const authorities = [`https://${USER.name}:${USER.password}@${ANY_ADDRESS}:${terminator.port("tsa")}/`];
    stubVariables({ SIGNPATH_TLS_CA_CERTIFICATES: fileOf("root.pem", root.cert) });
    const error = await onlyFailureOf(timestamp(DIGEST, { authorities }));
    expect(error).toMatchObject({ code: "AUTHENTICATION_FAILED" });
    expect(error.message).not.toContain("canary");
    expect(headers).toEqual([`Basic ${Buffer.from(`${USER.name}:${USER.password}`).toString("base64")}`]);
  });
});
