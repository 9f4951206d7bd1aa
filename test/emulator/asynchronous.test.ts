import { verify } from "node:crypto";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import type { Emulator } from "../../src/emulator/index.js";
import { startPrepared } from "../support/emulator.js";
import type { Answer } from "./support.js";
import { api, MESSAGE, rsaPayload, send, signatureOf, submit, validationError } from "./support.js";

/** Far longer than the tests take: it passes when they say so. */
const PROCESSING_MS = 3_600_000;
let emulator: Emulator;
beforeAll(async () => {
  emulator = await startPrepared({ processingMs: PROCESSING_MS });
  await emulator.certificateOf("approval");
});
afterAll(() => emulator.close());

beforeEach(() => void vi.useFakeTimers({ toFake: ["Date"] }));
afterEach(() => void vi.useRealTimers());

async function submitted(policy: string, route = "SigningRequests"): Promise<string> {
  const answer = await submit(emulator, { policy, fast: "false", route });
  expect(answer.status).toBe(201);
  const { signingRequestId } = answer.json();
  return String(signingRequestId);
}

function get(id: string, rest = ""): Promise<Answer> {
  return send(emulator, { path: api(emulator, `SigningRequests/${id}${rest}`) });
}

const processed = (): void => void vi.setSystemTime(Date.now() + PROCESSING_MS);

describe("a signing request that is not fast", () => {
  it.each(["SigningRequests", "SigningRequests/SubmitWithArtifact"])(
    "is created by POST %s",
    async (route) => {
      const answer = await submit(emulator, { fast: "false", route });
      expect(answer.status).toBe(201);
      const { signingRequestId: id } = answer.json();
      expect(Object.keys(answer.json())).toEqual(["signingRequestId", "webLink"]);
      expect(answer.headers["location"]).toBe(`${emulator.origin}${api(emulator, `SigningRequests/${id}`)}`);
      expect(answer.json()["webLink"]).toBe(
        `${emulator.origin}/Web/${emulator.organizationId}/SigningRequests/${id}`,
      );
      expect(answer.text).not.toContain("Signature");
    },
  );

  it("is in progress for a while, then completed, and gives its signed artifact only then", async () => {
    const id = await submitted("rsa-2048");
    expect((await get(id, "/Status")).json()).toEqual({
      status: "InProgress",
      workflowStatus: "Processing",
      isFinalStatus: false,
    });
    const early = await get(id, "/SignedArtifact");
    expect(early.status).toBe(400);
    expect(validationError(early)).toMatch(/not available.*'InProgress'/);
    processed();
    expect((await get(id, "/Status")).json()).toEqual({
      status: "Completed",
      workflowStatus: "Completed",
      isFinalStatus: true,
    });
    const artifact = await get(id, "/SignedArtifact");
    expect(artifact.status).toBe(200);
    expect(artifact.json()).toMatchObject(rsaPayload());
    expect(verify("sha256", MESSAGE, await emulator.publicKeyOf("rsa-2048"), signatureOf(artifact))).toBe(
      true,
    );
  });

  it("gives the same signature each time it is fetched", async () => {
    const payload = rsaPayload({ SignatureAlgorithm: "RsaPss" });
    const answer = await submit(emulator, { fast: "false", payload });
    const id = String(answer.json()["signingRequestId"]);
    processed();
    const first = signatureOf(await get(id, "/SignedArtifact"));
    expect(signatureOf(await get(id, "/SignedArtifact"))).toEqual(first);
  });

  it("has a long form", async () => {
    const id = await submitted("rsa-2048");
    const path = `/SigningRequests/${id}`;
    expect((await get(id)).json()).toEqual({
      status: "InProgress",
      workflowStatus: "Processing",
      isFinalStatus: false,
      description: null,
      projectId: expect.any(String),
      projectSlug: "demo",
      projectName: expect.any(String),
      artifactConfigurationId: expect.any(String),
      artifactConfigurationSlug: "hash-signing-data",
      artifactConfigurationName: expect.any(String),
      signingPolicyId: "90110000-0000-4000-8000-000000000001",
      signingPolicySlug: "rsa-2048",
      signingPolicyName: "rsa-2048",
      unsignedArtifactLink: `${emulator.apiUrl}/v1/${emulator.organizationId}${path}/UnsignedArtifact`,
      signedArtifactLink: `${emulator.apiUrl}/v1/${emulator.organizationId}${path}/SignedArtifact`,
      webLink: `${emulator.origin}/Web/${emulator.organizationId}${path}`,
      parameters: {},
    });
    expect((await get(id, "/UnsignedArtifact")).json()).toEqual(rsaPayload());
  });

  it("is refused like a fast one where it is wrong", async () => {
    const answer = await submit(emulator, {
      fast: "false",
      payload: rsaPayload({ SignatureAlgorithm: "x" }),
    });
    expect(answer.status).toBe(400);
    expect((await submit(emulator, { fast: "false", policy: "forbidden" })).status).toBe(403);
  });

  it("keeps the key that it was submitted to", async () => {
    const before = await emulator.publicKeyOf("p-256");
    const payload = { SignatureAlgorithm: "Ecdsa", Base64EncodedHash: rsaPayload()["Base64EncodedHash"] };
    const answer = await submit(emulator, { policy: "p-256", fast: "false", payload });
    await emulator.rotateCertificate("p-256", { newKey: true });
    processed();
    const artifact = await get(String(answer.json()["signingRequestId"]), "/SignedArtifact");
    const key = { key: before, dsaEncoding: "ieee-p1363" } as const;
    expect(verify("sha256", MESSAGE, key, signatureOf(artifact))).toBe(true);
  });
});

describe("a policy with an approval process", () => {
  it("waits for an approval and then completes", async () => {
    const id = await submitted("approval");
    processed();
    expect((await get(id, "/Status")).json()).toEqual({
      status: "WaitingForApproval",
      workflowStatus: "WaitingForApproval",
      isFinalStatus: false,
    });
    expect((await get(id, "/SignedArtifact")).status).toBe(400);
    emulator.approve(id);
    expect((await get(id, "/Status")).json()).toMatchObject({ status: "InProgress" });
    processed();
    expect((await get(id, "/Status")).json()).toMatchObject({ status: "Completed" });
    const signature = signatureOf(await get(id, "/SignedArtifact"));
    expect(verify("sha256", MESSAGE, await emulator.publicKeyOf("approval"), signature)).toBe(true);
  });

  it("ends where it is denied", async () => {
    const id = await submitted("approval");
    emulator.deny(id.toUpperCase());
    expect((await get(id, "/Status")).json()).toEqual({
      status: "Denied",
      workflowStatus: "Denied",
      isFinalStatus: true,
    });
    const artifact = await get(id, "/SignedArtifact");
    expect(artifact.status).toBe(400);
    expect(emulator.signingRequests.find((entry) => entry.id === id)?.status).toBe("Denied");
    expect(() => emulator.approve(id)).toThrow(/cannot be approved: Denied/);
  });
});

describe("a signing request that is not over", () => {
  it.each([
    ["cancel", "Canceled", "Canceled"],
    ["fail", "Failed", "ProcessingFailed"],
  ] as const)("ends by %s", async (verb, status, workflowStatus) => {
    for (const policy of ["rsa-2048", "approval"]) {
      const id = await submitted(policy);
      emulator[verb](id);
      expect((await get(id, "/Status")).json()).toEqual({ status, workflowStatus, isFinalStatus: true });
    }
  });

  it("is only decided where that makes sense", async () => {
    const id = await submitted("rsa-2048");
    expect(() => emulator.approve(id)).toThrow(RangeError);
    expect(() => emulator.deny(id)).toThrow(/InProgress/);
    processed();
    expect(() => emulator.cancel(id)).toThrow(/Completed/);
    expect(() => emulator.fail("nothing")).toThrow(/unknown/);
  });
});

describe("an id that no signing request has", () => {
  it.each(["", "/Status", "/SignedArtifact", "/UnsignedArtifact"])(
    "is a 404 with '%s' after it",
    async (rest) => {
      const answer = await get("00000000-0000-4000-8000-000000000000", rest);
      expect(answer.status).toBe(404);
      expect(answer.json()).toMatchObject({
        title: "Not Found",
        detail: expect.stringContaining("no signing request"),
      });
    },
  );
});
