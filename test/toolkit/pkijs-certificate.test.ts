import { expect, it } from "vitest";
import type { PolicyOperations } from "../../src/policy/signing-policy.js";
import { SigningPolicy } from "../../src/policy/signing-policy.js";
import type { PolicyConnection } from "../../src/policy/state.js";
import { PolicyState } from "../../src/policy/state.js";
import { policyCertificate } from "../../src/toolkit/pkijs.js";
import { LEAVES } from "../fuzz/certificates.js";
import { codedThrownBy } from "../support/failure.js";

it("of a policy that OpenSSL reads and pkijs does not makes the policy unusable", () => {
  const unused = {} as PolicyConnection & PolicyOperations;
  const [leaf = new Uint8Array()] = LEAVES;
  // The issuer's common name is a SEQUENCE in place of a text.
  const hex = Buffer.from(leaf).toString("hex").replace("060355040313", "060355040330");
  const certificateBytes = Buffer.from(hex, "hex").toString("base64");
  const record = { projectSlug: "app", signingPolicySlug: "release", certificateBytes };
  const policy = new SigningPolicy(new PolicyState(record, unused), unused);
  expect(policy.defect).toBeUndefined();
  expect(codedThrownBy(() => policyCertificate(policy))).toMatchObject({ code: "POLICY_UNUSABLE" });
});
