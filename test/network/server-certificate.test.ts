import { connect } from "node:tls";
import { inspect } from "node:util";
import { beforeAll, expect, it } from "vitest";
import { signpath } from "../cli/support.js";
import type { Authority } from "../support/authority.js";
import { createAuthority, selfSigned } from "../support/authority.js";
import { useEmulator } from "../support/emulator.js";
import { codedFailureOf } from "../support/failure.js";
import type { TlsTerminator } from "../support/stunnel.js";
import { startStunnel } from "../support/stunnel.js";
import { describeWith } from "../support/verifiers.js";
import { apiUrl, clientOf, fileOf, portOf, sign, stubVariables } from "./support.js";

describeWith("stunnel", "a server with a certificate", () => {
  const emulator = useEmulator();
  let root: Authority;
  let other: Authority;
  let rootPath: string;
  let otherPath: string;
  let server: TlsTerminator<
    | ("trusted" | "complete" | "incomplete" | "foreign" | "self-signed" | "expired" | "future")
    | ("misnamed" | "named" | "short key" | "SHA-1" | "TLS 1.1" | "no secrecy")
  >;

  beforeAll(async () => {
    [root, other] = await Promise.all([createAuthority("root"), createAuthority("other")]);
    rootPath = fileOf("root.pem", root.cert);
    otherPath = fileOf("other.pem", other.cert);
    const intermediate = await root.below("intermediate");
    const [trusted, incomplete] = await Promise.all([root.issue(), intermediate.issue()]);
    const ports = {
      trusted,
      complete: { ...incomplete, cert: `${incomplete.cert}\n${intermediate.cert}` },
      incomplete,
      foreign: await other.issue(),
      "self-signed": await selfSigned(),
      expired: await root.issue({ from: -30, to: -1 }),
      future: await root.issue({ from: 1, to: 30 }),
      misnamed: await root.issue({ names: [{ type: "ip", value: "127.0.0.2" }] }),
      named: await root.issue({ names: [{ type: "dns", value: "localhost" }] }),
      "short key": {
        ...(await root.issue({ rsaBits: 512 })),
        settings: { sslVersion: "TLSv1.2", securityLevel: 0 },
      },
      "SHA-1": { ...(await root.issue({ hash: "SHA-1" })), settings: { securityLevel: 0 } },
      "TLS 1.1": { ...trusted, settings: { sslVersion: "TLSv1.1", securityLevel: 0 } },
      "no secrecy": {
        ...trusted,
        settings: { sslVersion: "TLSv1.2", securityLevel: 0, ciphers: "NULL:@SECLEVEL=0" },
      },
    };
    server = await startStunnel(ports, portOf(emulator()));
  });

  function originOf(name: Parameters<typeof server.port>[0], host = "127.0.0.1"): string {
    return `https://${host}:${server.port(name)}`;
  }

  it.each(["trusted", "complete"] as const)("that is %s signs", async (name) => {
    await sign(clientOf(emulator(), originOf(name), { tls: { ca: root.cert } }));
  });

  it("that is right for its name alone signs by that name, and by no other", async () => {
    const tls = { ca: root.cert };
    await sign(clientOf(emulator(), originOf("named", "localhost"), { tls }));
    const error = await codedFailureOf(sign(clientOf(emulator(), originOf("named"), { tls })));
    expect(error).toMatchObject({ code: "TLS_FAILED", cause: { code: "ERR_TLS_CERT_ALTNAME_INVALID" } });
  });

  it.each([
    ["of an authority that is not the trusted one", "foreign", /CERT|SIGNATURE/],
    ["that it signed itself", "self-signed", /SELF_SIGNED_CERT/],
    ["that has expired", "expired", /CERT_HAS_EXPIRED/],
    ["that is not valid yet", "future", /CERT_NOT_YET_VALID/],
    ["for another address", "misnamed", /ERR_TLS_CERT_ALTNAME_INVALID/],
    ["without its intermediate", "incomplete", /UNABLE_TO_VERIFY_LEAF_SIGNATURE/],
    ["with a key that is too short", "short key", /UNSPECIFIED/],
    ["signed over SHA-1", "SHA-1", /UNSPECIFIED/],
    ["but no newer protocol than TLS 1.1", "TLS 1.1", /PROTOCOL|EPROTO/],
    ["but no encryption", "no secrecy", /HANDSHAKE_FAILURE|EPROTO/],
  ] as const)("%s is told nothing, and is not asked again", async (_what, name, cause) => {
    const before = emulator().requests.length;
    const error = await codedFailureOf(
      sign(clientOf(emulator(), originOf(name), { tls: { ca: root.cert } })),
    );
    expect(error).toMatchObject({ code: "TLS_FAILED", attempts: 1, retryable: false, stage: "policy" });
    expect(error.message).toMatch(
      /^No trusted connection to SignPath: .+ Check ApiUrl, the certificate authorities \(option tls\.ca/s,
    );
    expect(error.cause).toMatchObject({ code: expect.stringMatching(cause) });
    expect(inspect(error)).not.toContain(emulator().apiToken);
    expect(emulator().requests).toHaveLength(before);
  });

  it("but TLS 1.1 would be reached by who does not mind", async () => {
    const protocol = await new Promise((resolve, reject) => {
      const socket = connect(
        {
          port: server.port("TLS 1.1"),
          ca: root.cert,
          minVersion: "TLSv1.1",
          ciphers: "DEFAULT:@SECLEVEL=0",
        },
        () => {
          resolve(socket.getProtocol());
          socket.destroy();
        },
      );
      socket.on("error", reject);
    });
    expect(protocol).toBe("TLSv1.1");
  });

  it.each<[string, () => Record<string, string>]>([
    ["NODE_EXTRA_CA_CERTS", () => ({ NODE_EXTRA_CA_CERTS: rootPath })],
    ["SIGNPATH_TLS_CA_CERTIFICATES", () => ({ SIGNPATH_TLS_CA_CERTIFICATES: rootPath })],
    [
      "NODE_EXTRA_CA_CERTS beside others",
      () => ({ NODE_EXTRA_CA_CERTS: rootPath, SIGNPATH_TLS_CA_CERTIFICATES: otherPath }),
    ],
    [
      "OpenSSL's own place, beside others",
      () => ({
        NODE_OPTIONS: "--use-openssl-ca",
        SSL_CERT_FILE: rootPath,
        SIGNPATH_TLS_CA_CERTIFICATES: otherPath,
      }),
    ],
    [
      "the system's place, beside others",
      () => ({
        // Node 20 does not know it.
        NODE_OPTIONS: process.allowedNodeEnvironmentFlags.has("--use-system-ca")
          ? "--use-system-ca"
          : "--use-openssl-ca",
        SSL_CERT_FILE: rootPath,
        SIGNPATH_TLS_CA_CERTIFICATES: otherPath,
      }),
    ],
    [
      "SIGNPATH_TLS_CA_CERTIFICATES beside others",
      () => ({ NODE_EXTRA_CA_CERTS: otherPath, SIGNPATH_TLS_CA_CERTIFICATES: rootPath }),
    ],
  ])("of an authority in %s is trusted by the command line", async (_name, variables) => {
    const env = { ...variables(), SIGNPATH_API_URL: apiUrl(originOf("trusted")) };
    const { status, stdout, stderr } = await signpath(["policies"], { emulator: emulator(), env });
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    expect(stdout).toContain("demo/p-256");
  });

  it.each<[string, () => Record<string, string>]>([
    ["without a setting", () => ({})],
    [
      "with other authorities in both settings",
      () => ({ NODE_EXTRA_CA_CERTS: otherPath, SIGNPATH_TLS_CA_CERTIFICATES: otherPath }),
    ],
  ])("is not trusted by the command line %s", async (_name, variables) => {
    const env = { ...variables(), SIGNPATH_API_URL: apiUrl(originOf("trusted")) };
    const { status, stdout, stderr } = await signpath(["policies"], { emulator: emulator(), env });
    expect({ status, stdout }).toEqual({ status: 4, stdout: "" });
    expect(stderr).toContain("NODE_EXTRA_CA_CERTS");
    expect(stderr).not.toContain(emulator().apiToken);
  });

  it("of an authority in the configuration file is trusted", async () => {
    const path = fileOf("signpath.json", JSON.stringify({ TlsCaCertificates: rootPath }));
    stubVariables({ SIGNPATH_CONFIG_FILE: path });
    await sign(clientOf(emulator(), originOf("trusted")));
  });
});
