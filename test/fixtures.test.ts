import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { decodeFastAnswer, decodePolicies } from "../src/api/decode.js";
import { statusFailure } from "../src/api/transport/failure.js";
import { SIGNPATH } from "../src/api/transport/peer.js";
import { readServerWords } from "../src/api/transport/problem.js";

function fixture(name: string): Buffer {
  return readFileSync(new URL(`../fixtures/${name}`, import.meta.url));
}

const progress = {
  peer: SIGNPATH,
  request: { what: "request", stage: "sign", method: "POST" },
  host: "signpath.example",
  attempts: 1,
  elapsedMs: 1,
} as never;

describe("what the service has been seen to answer", () => {
  it.each([
    ["problem-unknown-algorithm.json", "REQUEST_REJECTED", "The file has an invalid format."],
    ["problem-hash-length.json", "REQUEST_REJECTED", "The hash algorithm does not match the given hash."],
    ["problem-unknown-policy.json", "POLICY_NOT_FOUND", "There is no signing policy with slug 'release'"],
    ["problem-approval.json", "POLICY_UNUSABLE", "The selected signing policy has an approval process."],
  ])("as %s is %s, in its words", (name, code, words) => {
    const failure = statusFailure(400, readServerWords(fixture(name), String), undefined);
    const error = failure.toError(progress);
    expect(error).toMatchObject({ code, status: 400, retryable: false });
    expect(error.message).toContain(words);
    expect(error.traceId).toBe("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00");
  });

  it("to a fast signing request is read whole", () => {
    expect(decodeFastAnswer(fixture("fast-answer.json"))).toMatchObject({
      signature: "AAECAw==",
      signatureAlgorithm: "RsaPkcs1",
      hashAlgorithmOid: "2.16.840.1.101.3.4.2.1",
    });
  });

  it("as a list of policies without certificates is still a list", () => {
    const policies = decodePolicies(fixture("signing-policies.json"));
    expect(policies.map(({ signingPolicySlug }) => signingPolicySlug)).toEqual(["gpg", "broken"]);
  });
});
