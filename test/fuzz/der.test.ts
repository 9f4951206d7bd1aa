import { createHash } from "node:crypto";
import fc from "fast-check";
import { resolve } from "../../src/key/algorithms.js";
import { readCertificate, UnusableCertificate } from "../../src/policy/certificate.js";
import { readCertificates } from "../../src/policy/chain.js";
import { MESSAGE } from "../emulator/support.js";
import { HOSTILE_NAMES, spoiltBytes, spoiltText } from "./arbitraries.js";
import { DER, LEAVES, PEM, SIGNATURES } from "./certificates.js";
import { fuzz, fuzzAsync } from "./harness.js";
import { attempt, attemptCoded, CANARY } from "./oracles.js";

fuzz("der", "the certificate of an answer is read as it is, or the policy is unusable", {
  part: 0.5,
  inputs: fc.tuple(
    fc.oneof(
      { weight: 8, arbitrary: spoiltBytes(LEAVES).map((der) => der.toString("base64")) },
      {
        weight: 1,
        arbitrary: spoiltText(fc.constantFrom(...LEAVES).map((der) => Buffer.from(der).toString("base64"))),
      },
      { weight: 1, arbitrary: fc.constantFrom(...PEM).map((pem) => Buffer.from(pem).toString("base64")) },
    ),
    fc.constantFrom(undefined, "X509", "Gpg", ...HOSTILE_NAMES.filter((name) => name !== CANARY)),
  ),
  check: ([base64, type]) => {
    const facts = attempt(() => readCertificate(base64, type), UnusableCertificate);
    if (facts === undefined) return;
    if (Buffer.from(facts.der).toString("base64") !== base64) throw new Error("it is another certificate");
    if (Number.isNaN(facts.validFromMs) || Number.isNaN(facts.validToMs))
      throw new Error("its dates are none");
    if (!(facts.key.modulusLength > 0)) throw new Error("its key has no length");
    if (facts.publicKey.type !== "public") throw new Error("its key is not public");
  },
});

fuzz("der", "DER given as an issuer is one certificate, or is refused as CONFIG_INVALID", {
  part: 0.3,
  inputs: fc.oneof(
    { weight: 8, arbitrary: spoiltBytes(DER) },
    { weight: 1, arbitrary: fc.uint8Array({ maxLength: 60 }).map((bytes) => Buffer.from([0x30, ...bytes])) },
  ),
  check: (der) => {
    const found = attemptCoded(() => readCertificates([der]), "CONFIG_INVALID");
    if (found !== undefined && found.length !== 1) throw new Error(`${found.length} certificates`);
  },
});

const signed = {
  hash: createHash("sha256").update(MESSAGE).digest("base64"),
  message: MESSAGE,
};

const CASES = SIGNATURES.map(({ algorithm, certificate, signature }) => ({
  algorithm: resolve(algorithm, "SHA-256", undefined),
  facts: readCertificate(certificate, "X509"),
  signature: Buffer.from(signature, "base64"),
}));

/** Each right signature as its callers get it. */
const RIGHT: ReadonlySet<string> = new Set(
  await Promise.all(
    CASES.map(async ({ algorithm: { scheme, hash }, facts, signature }) => {
      const checked = await scheme.check(new Uint8Array(signature), facts, hash, signed);
      if ("defect" in checked) throw new Error(checked.defect);
      return Buffer.from(checked.signature).toString("base64");
    }),
  ),
);

fuzzAsync("der", "a signature that was changed is not given out", {
  part: 0.2,
  inputs: fc
    .constantFrom(...CASES.keys())
    .chain((which) =>
      fc.tuple(fc.constant(which), spoiltBytes(CASES.map(({ signature }) => signature)), fc.boolean()),
    ),
  check: async ([which, changed, withMessage]) => {
    const found = CASES[which];
    if (found === undefined) return;
    const { algorithm, facts } = found;
    const given = withMessage ? signed : { ...signed, message: undefined };
    const checked = await algorithm.scheme.check(new Uint8Array(changed), facts, algorithm.hash, given);
    if ("signature" in checked && !RIGHT.has(Buffer.from(checked.signature).toString("base64")))
      throw new Error("it was given out");
    const shaped = await algorithm.scheme.shape(new Uint8Array(changed), facts);
    if ("signature" in shaped && shaped.signature.length !== algorithm.scheme.signatureLength(facts))
      throw new Error("its length is another one");
  },
});
