import fc from "fast-check";
import { loadConfig } from "../../src/config/load.js";
import { readCertificates } from "../../src/policy/chain.js";
import { REQUIRED } from "../config/support.js";
import { spoiltText } from "./arbitraries.js";
import { PEM } from "./certificates.js";
import { fuzz } from "./harness.js";
import { attemptCoded, CANARY } from "./oracles.js";

const BUNDLES: readonly string[] = [
  ...PEM,
  PEM.join(""),
  PEM.join("text between\n"),
  ...PEM.map((text) => text.replaceAll("CERTIFICATE", "X509 CERTIFICATE")),
  ...PEM.map((text) => text.replaceAll("CERTIFICATE", "TRUSTED CERTIFICATE")),
  ...PEM.map((text) => text.replaceAll("\n", "\r\n")),
];

const pems = spoiltText(
  fc.constantFrom(...BUNDLES),
  "-----BEGIN CERTIFICATE-----",
  "-----END CERTIFICATE-----",
  "-----BEGIN CERTIFICATE-----\n",
  "-----BEGIN X509 CERTIFICATE-----",
  "-----BEGIN PRIVATE KEY-----",
  "-----",
  " ",
  "Proc-Type: 4,ENCRYPTED\n",
  "\ufeff",
  CANARY,
);

/** Texts that a careless expression would read again and again. */
const FLOODS: readonly string[] = ["-----BEGIN CERTIFICATE-----\n", "-----BEGIN ", "-----", "-"].map(
  (piece) => piece.repeat(Math.ceil(1024 ** 2 / piece.length)),
);

fuzz("pem", "PEM text gives certificates, or is refused as CONFIG_INVALID", {
  part: 0.8,
  inputs: fc.tuple(pems, fc.boolean()),
  examples: FLOODS.flatMap((flood): [string, boolean][] => [
    [flood, false],
    [flood, true],
  ]),
  check: ([text, asBytes]) => {
    const inputs = [asBytes ? Buffer.from(text) : text];
    const found = attemptCoded(() => readCertificates(inputs), "CONFIG_INVALID");
    if (found?.length === 0) throw new Error("nothing was found, and nothing was said");
    for (const der of found ?? [])
      if (der[0] !== 0x30 || der.byteLength !== der.buffer.byteLength) throw new Error("no certificate");
  },
});

fuzz("pem", "PEM text is an authority of TLS, or is refused as CONFIG_INVALID", {
  part: 0.2,
  inputs: fc.tuple(pems, fc.constantFrom("ca", "cert", "key", "pfx")),
  check: ([text, name]) => {
    const value = name === "pfx" ? Buffer.from(text) : text;
    const tls = { [name]: value, passphrase: CANARY };
    attemptCoded(() => loadConfig({ ...REQUIRED, tls }, {}), "CONFIG_INVALID");
  },
});
