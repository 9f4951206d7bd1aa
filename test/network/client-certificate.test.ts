import { readFileSync, writeFileSync } from "node:fs";
import { beforeAll, describe, expect, it, vi } from "vitest";
import type { TlsOptions } from "../../src/config/options.js";
import type { TestCertificates } from "../support/certificates.js";
import { makeCertificates, opensslIn, PASSPHRASE } from "../support/certificates.js";
import { useEmulator } from "../support/emulator.js";
import { eventually } from "../support/eventually.js";
import { codedFailureOf } from "../support/failure.js";
import type { TlsTerminator } from "../support/stunnel.js";
import { startStunnel } from "../support/stunnel.js";
import { describeWith } from "../support/verifiers.js";
import { clientOf, fileOf, portOf, sign, stubVariables } from "./support.js";

const VERSIONS = ["TLSv1.2", "TLSv1.3"] as const;

describeWith(["openssl", "stunnel"], "a server that asks for a client certificate", () => {
  const emulator = useEmulator();
  let made: TestCertificates;
  let server: TlsTerminator<(typeof VERSIONS)[number]>;

  beforeAll(async () => {
    made = await makeCertificates();
    const { client, folder, path } = made;
    writeFileSync(path("both.pem"), client.cert + client.key);
    writeFileSync(path("encrypted.both.pem"), client.encryptedKey + client.cert);
    const pkcs12 = ["pkcs12", "-export", "-in", "client.pem", "-inkey", "client.key"];
    await opensslIn(folder, ...pkcs12, "-passout", "pass:", "-out", "open.pfx");
    const port = { ...made.server, clientCa: made.ca };
    server = await startStunnel(
      {
        "TLSv1.2": { ...port, settings: { sslVersion: "TLSv1.2" } },
        "TLSv1.3": { ...port, settings: { sslVersion: "TLSv1.3" } },
      },
      portOf(emulator()),
    );
  });

  /** How often stunnel has accepted our certificate. */
  function accepted(): number {
    return server.log().split("Certificate accepted at depth=0: CN=client").length - 1;
  }

  /** What stunnel writes may be read later than what it sends. */
  async function expectMoreThan(before: number): Promise<void> {
    await eventually(() => expect(accepted()).toBeGreaterThan(before));
  }

  function read(name: string): Buffer {
    return readFileSync(made.path(name));
  }

  describe.each(VERSIONS)("over %s", (version) => {
    const origin = (): string => `https://127.0.0.1:${server.port(version)}`;

    it.each<[string, () => TlsOptions]>([
      ["as a PEM pair", () => ({ cert: made.client.cert, key: made.client.key })],
      ["as one PEM file", () => ({ cert: read("both.pem"), key: read("both.pem") })],
      [
        "with an encrypted key",
        () => ({ cert: made.client.cert, key: made.client.encryptedKey, passphrase: PASSPHRASE }),
      ],
      ["as a PFX file with a passphrase", () => ({ pfx: made.client.pfx, passphrase: PASSPHRASE })],
      ["as a PFX file without one", () => ({ pfx: read("open.pfx") })],
    ])("gets it %s from the options", async (_form, tls) => {
      const before = accepted();
      await sign(clientOf(emulator(), origin(), { tls: { ca: made.ca, ...tls() } }));
      await expectMoreThan(before);
    });

    it.each<[string, string, string?]>([
      ["as a PEM pair", "client.pem", "client.key"],
      ["as one PEM file", "both.pem"],
      ["with an encrypted key", "client.pem", "client.encrypted.key"],
      ["as one PEM file with an encrypted key", "encrypted.both.pem"],
      ["as a PFX file with a passphrase", "client.pfx"],
      ["as a PFX file without one", "open.pfx"],
    ])("gets it %s from variables and from the configuration file", async (_form, certificate, key) => {
      const passphrase = { SIGNPATH_TLS_CLIENT_PASSPHRASE: PASSPHRASE };
      const secret = /encrypted|client\.pfx/.test(`${certificate} ${key}`) ? passphrase : {};
      stubVariables({
        ...secret,
        SIGNPATH_TLS_CA_CERTIFICATES: made.path("ca.pem"),
        SIGNPATH_TLS_CLIENT_CERTIFICATE: made.path(certificate),
        ...(key !== undefined && { SIGNPATH_TLS_CLIENT_KEY: made.path(key) }),
      });
      const before = accepted();
      await sign(clientOf(emulator(), origin()));
      await expectMoreThan(before);

      vi.unstubAllEnvs();
      const content = {
        TlsCaCertificates: made.path("ca.pem"),
        TlsClientCertificate: made.path(certificate),
        ...(key !== undefined && { TlsClientKey: made.path(key) }),
      };
      stubVariables({
        ...secret,
        SIGNPATH_CONFIG_FILE: fileOf("signpath.json", JSON.stringify(content)),
      });
      await sign(clientOf(emulator(), origin()));
      await expectMoreThan(before + 1);
    });

    it.each<[string, () => TlsOptions]>([
      ["no certificate", () => ({})],
      ["one of another authority", () => ({ cert: read("other.pem"), key: read("other.key") })],
    ])("refuses %s for good", async (_what, tls) => {
      const before = emulator().requests.length;
      const error = await codedFailureOf(
        sign(clientOf(emulator(), origin(), { tls: { ca: made.ca, ...tls() } })),
      );
      expect(error).toMatchObject({ code: "TLS_FAILED", attempts: 1, retryable: false });
      expect(error.stage).toBe("policy");
      expect(emulator().requests).toHaveLength(before);
    });
  });
});
