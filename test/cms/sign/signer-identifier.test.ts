import { expect, it } from "vitest";
import { signerIdentifier, subjectKeyIdentifier } from "../../../src/cms/sign/signer-identifier.js";
import { LEAVES } from "../../fuzz/certificates.js";
import { codedThrownBy } from "../../support/failure.js";

/** A certificate of a policy, and its extension subjectKeyIdentifier: type and value. */
const [LEAF = new Uint8Array()] = LEAVES;
const EXTENSION = /0603551d0e04160414/;

it("is the key identifier that the certificate has", () => {
  expect(subjectKeyIdentifier(new Uint8Array(LEAF), "demo/p-256")).toHaveLength(20);
});

it.each([
  ["longer than its string", "0603551d0e04160440"],
  ["of a length that nothing has", "0603551d0e041604ff"],
  ["something else", "0603551d0e04160614"],
])("is none where the extension is %s, and the policy is unusable for it", (_title, changed) => {
  const hex = Buffer.from(LEAF).toString("hex");
  expect(hex).toMatch(EXTENSION);
  const der = new Uint8Array(Buffer.from(hex.replace(EXTENSION, changed), "hex"));
  expect(codedThrownBy(() => signerIdentifier(der, true, "demo/p-256"))).toMatchObject({
    code: "POLICY_UNUSABLE",
    message: expect.stringContaining('sign with signerIdentifier "issuerAndSerialNumber"'),
  });
  expect(signerIdentifier(der, false, "demo/p-256")[0]).toBe(0x30);
});
