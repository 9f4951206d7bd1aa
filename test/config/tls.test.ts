import { readFileSync, writeFileSync } from "node:fs";
import { beforeAll, expect, it } from "vitest";
import type { TestCertificates } from "../support/certificates.js";
import { makeCertificates, PASSPHRASE } from "../support/certificates.js";
import { describeWith } from "../support/verifiers.js";
import { configFile, defects, load } from "./support.js";

const THUMBPRINT = "thumbprint:0123456789ABCDEF0123456789ABCDEF01234567";

it.each([THUMBPRINT, THUMBPRINT.toUpperCase()])(
  "refuses %s, which only Windows has, and says so",
  (value) => {
    const reason = /^TLS client certificate or authority names a certificate of the Windows store/;
    expect(defects(() => load({}, { SIGNPATH_TLS_CLIENT_CERTIFICATE: value }))).toEqual([
      expect.stringMatching(reason),
    ]);
    const path = configFile({ TlsClientCertificate: value });
    expect(defects(() => load({ configFile: path }))).toEqual([expect.stringMatching(reason)]);
  },
);

describeWith("openssl", "TLS files", () => {
  let made: TestCertificates;
  beforeAll(async () => {
    made = await makeCertificates();
    writeFileSync(made.path("client.both.pem"), made.client.key + made.client.cert);
  });

  it("give an authority, a client certificate and its key", () => {
    const { tls } = load(
      {},
      {
        SIGNPATH_TLS_CA_CERTIFICATES: made.path("ca.pem"),
        SIGNPATH_TLS_CLIENT_CERTIFICATE: made.path("client.pem"),
        SIGNPATH_TLS_CLIENT_KEY: made.path("client.key"),
      },
    );
    expect(tls.ca?.map(String)).toEqual([made.ca]);
    expect(String(tls.cert)).toBe(made.client.cert);
    expect(String(tls.key)).toBe(made.client.key);
    expect(tls.pfx).toBeUndefined();
  });

  it("can be named in the configuration file", () => {
    const path = configFile({
      TlsCaCertificates: made.path("ca.pem"),
      TlsClientCertificate: made.path("client.pem"),
      TlsClientKey: made.path("client.key"),
    });
    expect(Object.keys(load({ configFile: path }).tls).sort()).toEqual(["ca", "cert", "key"]);
  });

  it("may hold certificate and key in one", () => {
    const { tls } = load({}, { SIGNPATH_TLS_CLIENT_CERTIFICATE: made.path("client.both.pem") });
    expect(String(tls.cert)).toBe(made.client.key + made.client.cert);
    expect(tls.key).toEqual(tls.cert);
  });

  it("may be PKCS#12", () => {
    const { tls } = load(
      {},
      {
        SIGNPATH_TLS_CLIENT_CERTIFICATE: made.path("client.pfx"),
        SIGNPATH_TLS_CLIENT_PASSPHRASE: PASSPHRASE,
      },
    );
    expect(tls).toEqual({ pfx: readFileSync(made.path("client.pfx")), passphrase: PASSPHRASE });
  });

  it("may have an encrypted key", () => {
    const env = {
      SIGNPATH_TLS_CLIENT_CERTIFICATE: made.path("client.pem"),
      SIGNPATH_TLS_CLIENT_KEY: made.path("client.encrypted.key"),
      SIGNPATH_TLS_CLIENT_PASSPHRASE: PASSPHRASE,
    };
    expect(load({}, env).tls.passphrase).toBe(PASSPHRASE);
  });

  it("can be given as options, as text or bytes, and then nothing else counts", () => {
    const { cert, key, pfx } = made.client;
    const env = { SIGNPATH_TLS_CA_CERTIFICATES: made.path("other.pem") };
    expect(load({ tls: { cert, key: Buffer.from(key) } }, env).tls).toEqual({ cert, key: Buffer.from(key) });
    expect(load({ tls: { pfx: new Uint8Array(pfx), passphrase: PASSPHRASE } }).tls.pfx).toEqual(pfx);
    expect(load({ tls: { ca: made.ca } }).tls.ca).toEqual([made.ca]);
    expect(load({ tls: { ca: [made.ca, Buffer.from(made.otherCa)] } }).tls.ca).toHaveLength(2);
    expect(load({ tls: {} }, env).tls).toEqual({});
  });

  it("are refused where they do not fit or cannot be opened, without the passphrase", () => {
    const { cert, key, encryptedKey, pfx } = made.client;
    const wrong = "wrong-passphrase";
    const refused = [
      () => load({ tls: { cert, key: made.server.key } }),
      () => load({ tls: { cert: "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", key } }),
      () => load({ tls: { ca: "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n" } }),
      () => load({ tls: { key } }),
      () => load({ tls: { cert, key: encryptedKey, passphrase: wrong } }),
      () => load({ tls: { cert, key: encryptedKey } }),
      () => load({ tls: { pfx, passphrase: wrong } }),
      () => load({}, { SIGNPATH_TLS_CLIENT_CERTIFICATE: made.path("client.pem") }),
      () => load({}, { SIGNPATH_TLS_CLIENT_CERTIFICATE: made.path("ca.key") }),
      () => load({}, { SIGNPATH_TLS_CLIENT_CERTIFICATE: made.path("none.pem") }),
      () => load({}, { SIGNPATH_TLS_CA_CERTIFICATES: made.path("client.pfx") }),
      () =>
        load({}, { SIGNPATH_TLS_CLIENT_KEY: made.path("client.key"), SIGNPATH_TLS_CLIENT_PASSPHRASE: wrong }),
    ];
    for (const attempt of refused) {
      const found = defects(attempt);
      expect(found).toHaveLength(1);
      expect(found[0]).toMatch(/^(option tls|TLS client certificate or authority) (cannot|has)/);
      expect(found[0]).not.toContain(wrong);
    }
  });
});
