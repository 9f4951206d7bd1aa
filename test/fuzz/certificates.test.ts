import { X509Certificate } from "node:crypto";
import fc from "fast-check";
import { describeCertificate } from "../../src/cli/certificates/certificate-text.js";
import { issuerAddresses } from "../../src/cms/sign/chain/aia.js";
import { signerIdentifier } from "../../src/cms/sign/signer-identifier.js";
import { buildChain, readCertificates, toPem } from "../../src/policy/chain.js";
import type { PolicyOperations } from "../../src/policy/signing-policy.js";
import { SigningPolicy } from "../../src/policy/signing-policy.js";
import type { PolicyConnection } from "../../src/policy/state.js";
import { PolicyState } from "../../src/policy/state.js";
import { policyCertificate } from "../../src/toolkit/pkijs.js";
import { spoiltBytes } from "./arbitraries.js";
import { AUTHORITIES, LEAVES } from "./certificates.js";
import { spoiltDer } from "./der-edits.js";
import { fuzz } from "./harness.js";
import { attemptCoded, expectText } from "./oracles.js";

const UNUSED = {} as PolicyConnection & PolicyOperations;

function policyOf(der: Uint8Array): SigningPolicy {
  const certificateBytes = Buffer.from(der).toString("base64");
  const record = { projectSlug: "app", signingPolicySlug: "release", certificateBytes };
  return new SigningPolicy(new PolicyState(record, UNUSED), UNUSED);
}

fuzz(
  "certificates",
  "a policy with a strange certificate can be listed, and says why where it cannot be used",
  {
    part: 0.5,
    inputs: spoiltBytes(LEAVES),
    check: (der) => {
      const policy = policyOf(der);
      JSON.stringify(policy);
      if (policy.defect !== undefined) expectText(policy.defect);
      attemptCoded(() => policy.certificate.subject, "POLICY_UNUSABLE");
      attemptCoded(() => policy.certificatePem, "POLICY_UNUSABLE");
      attemptCoded(() => policy.certificateDer, "POLICY_UNUSABLE");
      if (policy.defect !== undefined) return;
      if (!Buffer.from(policy.certificateDer).equals(der)) throw new Error("it is another certificate");
      for (const text of Object.values(describeCertificate(policy.certificateDer))) expectText(text);
    },
  },
);

fuzz("certificates", "a strange certificate of a policy is named by a signature, or the policy is unusable", {
  part: 0.2,
  inputs: spoiltDer(LEAVES),
  check: (der) => {
    const policy = policyOf(der);
    if (policy.defect !== undefined) return;
    const { certificateDer } = policy;
    for (const usesKeyIdentifier of [true, false])
      attemptCoded(
        () => signerIdentifier(certificateDer, usesKeyIdentifier, "app/release"),
        "POLICY_UNUSABLE",
      );
    attemptCoded(() => policyCertificate(policy), "POLICY_UNUSABLE");
    for (const url of issuerAddresses(certificateDer)) expectText(url.href);
  },
});

fuzz("certificates", "a chain holds issuers only, and strange ones are left out or refused", {
  part: 0.3,
  inputs: fc.tuple(
    fc.nat(),
    fc.array(
      fc.oneof(
        spoiltBytes(AUTHORITIES),
        fc.nat().map((which) => Buffer.from(AUTHORITIES[which % AUTHORITIES.length] ?? [])),
      ),
      { maxLength: 3 },
    ),
  ),
  check: ([which, candidates]) => {
    const leaf = new Uint8Array(LEAVES[which % LEAVES.length] ?? []);
    const inputs = attemptCoded(() => readCertificates(candidates), "CONFIG_INVALID");
    if (inputs === undefined) return;
    const chain = attemptCoded(() => buildChain(leaf, inputs), "CONFIG_INVALID");
    for (const der of chain ?? []) expectText(toPem(der));
    const genuine = new Set(AUTHORITIES.map((each) => Buffer.from(each).toString("hex")));
    for (const der of chain?.slice(1, 2) ?? [])
      if (!genuine.has(Buffer.from(der).toString("hex")) && !sameKey(der))
        throw new Error("it did not issue the certificate");
  },
});

/**
 * Whether a certificate has the key of an authority: it verifies what that has signed, whatever else it says. Compared by
 * numbers, because OpenSSL takes an EC point in other encodings as well (the hybrid one of X9.62).
 */
function sameKey(der: Uint8Array): boolean {
  const keyOf = (each: Uint8Array): string =>
    JSON.stringify(new X509Certificate(each).publicKey.export({ format: "jwk" }));
  return AUTHORITIES.some((each) => keyOf(each) === keyOf(der));
}
