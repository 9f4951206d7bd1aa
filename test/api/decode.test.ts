import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  decodeFastAnswer,
  decodePolicies,
  decodeSignHashAnswer,
  decodeState,
  decodeSubmission,
  Undecodable,
} from "../../src/api/decode.js";
import { thrownBy } from "../support/failure.js";
import { assertProperty } from "../support/properties.js";

const json = (value: unknown): Buffer => Buffer.from(JSON.stringify(value));

function reason(decode: () => unknown): string {
  const error = thrownBy(decode);
  expect(error).toBeInstanceOf(Undecodable);
  return (error as Error).message;
}

describe("the answer to a fast signing request", () => {
  it("is decoded as it was recorded, and with its members in the other case", () => {
    const recorded = {
      Base64EncodedHash: "aGFzaA==",
      SignatureAlgorithm: "RsaPkcs1",
      RsaHashAlgorithm: "2.16.840.1.101.3.4.2.1",
      Signature: "c2ln",
    };
    const decoded = {
      signature: "c2ln",
      hash: "aGFzaA==",
      signatureAlgorithm: "RsaPkcs1",
      hashAlgorithmOid: "2.16.840.1.101.3.4.2.1",
      signingRequestId: undefined,
    };
    expect(decodeFastAnswer(json(recorded))).toEqual(decoded);
    const camel = Object.entries(recorded).map(([name, value]) => [
      name[0]?.toLowerCase() + name.slice(1),
      value,
    ]);
    expect(decodeFastAnswer(json(Object.fromEntries(camel)))).toEqual(decoded);
  });

  it("may be the signature alone, or have null and more beside it", () => {
    const alone = decodeFastAnswer(json({ Signature: "c2ln" }));
    expect(alone).toMatchObject({ signature: "c2ln", hash: undefined, signatureAlgorithm: undefined });
    const more = {
      Signature: "c2ln",
      Base64EncodedHash: null,
      Metadata: { a: { b: { c: { d: 1 } } } },
      x: [],
    };
    expect(decodeFastAnswer(json(more))).toEqual(alone);
    const withId = (id: unknown): unknown =>
      decodeFastAnswer(json({ Signature: "c2ln", SigningRequestId: id })).signingRequestId;
    expect(withId("3fa85f64-5717")).toBe("3fa85f64-5717");
    // What could not be an id is not passed on.
    for (const id of [5, "", "a b", "../x", "\u001b[2J", "x".repeat(65)]) expect(withId(id)).toBeUndefined();
  });

  it.each([
    ["it is not JSON", ""],
    ["it is not JSON", '{"Signature": "c2ln"'],
    ["it is not JSON", "c2ln"],
    ["it is an HTML page, not JSON", "  <!DOCTYPE html><title>Sign in</title>"],
    ["the body is malformed", '"c2ln"'],
    ["the body is null", "null"],
    ["signature is undefined", "{}"],
    ["signature is undefined", '{"Signatures": "c2ln"}'],
    ["signature is null", '{"Signature": null}'],
    ["signature is 5", '{"Signature": 5}'],
    ["base64encodedhash is 5", '{"Signature": "c2ln", "Base64EncodedHash": 5}'],
  ])("is refused where %s: %j", (why, body) => {
    expect(reason(() => decodeFastAnswer(Buffer.from(body)))).toBe(why);
  });

  it("never has its text repeated", () => {
    for (const body of ['{"Signature": ["canary"]}', '"canary"', '{"canary": 1}', "canary", "<canary>"]) {
      expect(reason(() => decodeFastAnswer(Buffer.from(body)))).not.toContain("canary");
    }
  });

  it("is decoded or refused, whatever it is", () => {
    assertProperty(
      fc.property(fc.json(), (body) => {
        for (const decode of [decodeFastAnswer, decodeSignHashAnswer, decodeState, decodePolicies]) {
          try {
            decode(Buffer.from(body));
          } catch (error) {
            expect(error).toBeInstanceOf(Undecodable);
          }
        }
      }),
    );
  });
});

describe("the answer to SignHash", () => {
  it("is decoded in any case, with or without what it repeats", () => {
    const documented = {
      signingRequestId: "id",
      webLink: "https://x",
      hashSigningData: { hash: "aGFzaA==" },
      hashSigningResult: { signature: "c2ln" },
    };
    expect(decodeSignHashAnswer(json(documented))).toMatchObject({
      signature: "c2ln",
      hash: "aGFzaA==",
      signingRequestId: "id",
    });
    const misspelt = { signingRequestid: "id", HashSigningResult: { Signature: "c2ln" } };
    expect(decodeSignHashAnswer(json(misspelt))).toMatchObject({
      signature: "c2ln",
      hash: undefined,
      signingRequestId: "id",
    });
  });

  it("is refused without its signature", () => {
    expect(reason(() => decodeSignHashAnswer(json({ hashSigningResult: {} })))).toBe(
      "hashsigningresult.signature is undefined",
    );
    expect(reason(() => decodeSignHashAnswer(json({ signature: "c2ln" })))).toBe(
      "hashsigningresult is undefined",
    );
  });
});

describe("the answer to a submission", () => {
  const id = "3fa85f64-5717-4562-b3fc-2c963f66afa6";

  it("names the signing request in its body, in any case, else in its Location", () => {
    const location = `https://app.signpath.io/Api/v1/x/SigningRequests/${id}`;
    expect(decodeSubmission(json({ signingRequestId: id, webLink: "w" }), location)).toEqual({
      id,
      webLink: "w",
    });
    expect(decodeSubmission(json({ SigningRequestId: id }), "elsewhere/other").id).toBe(id);
    for (const form of [location, `${location}/`, `${location}?a=/b`, `${location}#x`, `/${id}`, id]) {
      expect(decodeSubmission(Buffer.alloc(0), form).id).toBe(id);
      expect(decodeSubmission(json({}), form).id).toBe(id);
    }
  });

  it.each([
    ["../../other", undefined],
    ["a/b", undefined],
    ["a?b", undefined],
    ["", undefined],
    [undefined, undefined],
    [undefined, "https://host/a/.."],
    [undefined, "https://host/%2e%2e"],
    [undefined, "/"],
    [undefined, "x".repeat(65)],
  ])("is refused where the id could not be one: body %j, Location %j", (signingRequestId, location) => {
    reason(() => decodeSubmission(json({ signingRequestId }), location));
  });
});

describe("the state of a signing request", () => {
  it("is final as the server says, else by its name", () => {
    expect(
      decodeState(json({ status: "InProgress", workflowStatus: "Processing", isFinalStatus: false })),
    ).toEqual({
      status: "InProgress",
      workflowStatus: "Processing",
      isFinalStatus: false,
    });
    for (const status of ["Completed", "Failed", "Denied", "Canceled"]) {
      expect(decodeState(json({ Status: status })).isFinalStatus).toBe(true);
    }
    for (const status of ["InProgress", "WaitingForApproval"]) {
      expect(decodeState(json({ status, isFinalStatus: null })).isFinalStatus).toBe(false);
    }
  });

  it("has a workflow status only where that is a word", () => {
    for (const workflowStatus of ["\u001b[2J", "a b", 5, ""]) {
      expect(decodeState(json({ status: "InProgress", workflowStatus }))).not.toHaveProperty(
        "workflowStatus",
      );
    }
  });

  it("is refused where its name is not known", () => {
    expect(reason(() => decodeState(json({ status: "Sleeping" })))).toBe("status is malformed");
    expect(reason(() => decodeState(json({})))).toBe("status is undefined");
  });
});

describe("the list of policies", () => {
  const recorded = {
    signingPolicySlug: "release-signing",
    projectSlug: "my-project",
    keySizeInBits: 4096,
    rsaParameters: { publicExponent: "AQAB", modulus: "AAAA" },
    signingPolicyId: "3fa85f64-5717-4562-b3fc-2c963f66afa6",
    certificateBytes: "AAAA",
    keyType: "Rsa",
    publicKeyBytes: "AAAA",
    certificateType: "X509",
  };

  it("is decoded as it was recorded, and with its members in the other case", () => {
    const { rsaParameters, publicKeyBytes, ...used } = recorded;
    expect(decodePolicies(json({ signingPolicies: [recorded] }))).toEqual([used]);
    const pascal = Object.entries(recorded).map(([name, value]) => [
      name[0]?.toUpperCase() + name.slice(1),
      value,
    ]);
    expect(decodePolicies(json({ SigningPolicies: [Object.fromEntries(pascal)] }))).toEqual([used]);
  });

  it("keeps an entry that has its names only, whatever else it holds", () => {
    const names = { signingPolicySlug: "a", projectSlug: "b" };
    const odd = { ...names, keySizeInBits: "4096", certificateBytes: 5, keyType: null, certificateType: {} };
    expect(decodePolicies(json({ signingPolicies: [odd] }))).toEqual([names]);
  });

  it("leaves out what cannot be named, and keeps the rest", () => {
    const entries = [null, 5, "x", [], {}, { projectSlug: "" }, { ...recorded, projectSlug: "" }, recorded];
    const nasty = ["a\u001b[2J", "a\nb", "\u202Ea", "\u200B"].map((projectSlug) => ({
      ...recorded,
      projectSlug,
    }));
    expect(decodePolicies(json({ signingPolicies: [...entries, ...nasty] }))).toHaveLength(1);
  });

  it("keeps an entry with an odd type, but not the type", () => {
    const [policy] = decodePolicies(
      json({ signingPolicies: [{ ...recorded, certificateType: "a\u202Eb" }] }),
    );
    expect(policy?.certificateBytes).toBe("AAAA");
    expect(policy).not.toHaveProperty("certificateType");
  });

  it.each([["{}"], ['{"signingPolicies": null}'], ['{"signingPolicies": {}}'], ["[]"]])(
    "is refused as %s",
    (body) => {
      reason(() => decodePolicies(Buffer.from(body)));
    },
  );
});
