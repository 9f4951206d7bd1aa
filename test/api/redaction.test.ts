import { describe, expect, it } from "vitest";
import { startStub } from "../support/stub.js";
import { apiClient } from "./support.js";

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
});
