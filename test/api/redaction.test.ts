import { describe, expect, it } from "vitest";
import { codedFailureOf } from "../support/failure.js";
import { startStub } from "../support/stub.js";
import { apiClient, HASH, template } from "./support.js";

/** As it could be a word of an answer. */
const apiToken = "canary_token";

describe("the API token in a word of an answer", () => {
  it("is taken out of the list of policies and of a request's state", async () => {
    const names = { projectSlug: "p", signingPolicySlug: "s" };
    const stub = await startStub(({ path }) =>
      path.includes("Status")
        ? { body: { status: "Denied", workflowStatus: apiToken } }
        : { body: { signingPolicies: [{ ...names, keyType: apiToken, certificateType: apiToken }] } },
    );
    const client = apiClient(stub, { apiToken });
    expect(await client.mySigningPolicies()).toEqual([{ ...names, keyType: "***", certificateType: "***" }]);
    expect(await client.signingRequestState("id", false)).toMatchObject({ workflowStatus: "***" });
  });

  it("is no id of a signing request or of a policy", async () => {
    const token = "canary-token";
    const names = { projectSlug: "p", signingPolicySlug: "s" };
    const stub = await startStub(({ method, body }) => {
      if (method === "GET") return { body: { signingPolicies: [{ ...names, signingPolicyId: token }] } };
      const isSubmission = body.includes("IsFastSigningRequest") && body.includes("\r\nfalse\r\n");
      if (isSubmission) return { headers: { location: `/Api/v1/x/SigningRequests/${token}` } };
      const result = { signature: "c2ln", hashSigningResult: { signature: "c2ln" } };
      return { body: { ...result, signingRequestId: token } };
    });
    const client = apiClient(stub, { apiToken: token });
    const made = template(client);
    expect(await client.mySigningPolicies()).toEqual([{ ...names, signingPolicyId: "***" }]);
    expect(await client.fastSign(made, HASH)).toMatchObject({ signingRequestId: undefined });
    expect(await client.signHash(made, HASH)).toMatchObject({ signingRequestId: undefined });
    expect(await codedFailureOf(client.submit("signingRequests", made, HASH))).toMatchObject({
      code: "INVALID_RESPONSE",
    });
  });
});
