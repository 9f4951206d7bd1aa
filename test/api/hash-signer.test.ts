import { createHash } from "node:crypto";
import { beforeEach, describe, expect, it } from "vitest";
import type { ApiClient } from "../../src/api/client.js";
import type { SignOptions } from "../../src/api/hash-signer.js";
import { HashSigner } from "../../src/api/hash-signer.js";
import type { RawSignature } from "../../src/api/signing-request.js";
import type { SigningRoute, SignPathOptions } from "../../src/config/options.js";
import type { Fault } from "../../src/emulator/index.js";
import { HASH_ALGORITHMS } from "../../src/key/hashes.js";
import { useEmulator } from "../support/emulator.js";
import { eventually } from "../support/eventually.js";
import { codedFailureOf } from "../support/failure.js";
import type { StubAnswer } from "../support/stub.js";
import { startStub } from "../support/stub.js";
import { apiClient, HASH, SIGNED, template } from "./support.js";

const emulator = useEmulator({ processingMs: 20 });

interface Signer {
  readonly client: ApiClient;
  readonly signer: HashSigner;
  readonly sign: (options?: SignOptions, hash?: string) => Promise<RawSignature>;
  /** Routes of the requests since the signer was made. */
  readonly routes: () => string[];
}

function signer(options: SignPathOptions = {}, policy = "rsa-2048", known = true): Signer {
  const { origin, apiUrl, organizationId, apiToken, requests } = emulator();
  const client = apiClient({ origin }, { apiUrl, organizationId, apiToken, ...options });
  const hashSigner = new HashSigner(client);
  if (known) hashSigner.serverIsKnown();
  const hash = HASH_ALGORITHMS.get("SHA-256");
  if (hash === undefined) throw new Error("SHA-256");
  const target = { projectSlug: "demo", signingPolicySlug: policy };
  const made = client.template(target, { signatureAlgorithm: "RsaPkcs1", hash });
  return {
    client,
    signer: hashSigner,
    sign: (signOptions = {}, digest = HASH) => hashSigner.sign(made, digest, signOptions),
    routes: () =>
      emulator()
        .requests.slice(requests.length)
        .map(({ route }) => route),
  };
}

function status(route: NonNullable<Fault["route"]>, code: number, count = 1): Fault {
  return { kind: "status", status: code, route, count };
}

beforeEach(() => {
  emulator().clearFaults();
});

describe('the route "auto"', () => {
  it("is a fast signing request: one request for each signature", async () => {
    const { sign, routes } = signer();
    const { signature, attempts, signingRequestId } = await sign();
    expect(signature).toHaveLength(256);
    expect({ attempts, signingRequestId }).toEqual({ attempts: 1, signingRequestId: undefined });
    await sign();
    expect(routes()).toEqual(["signingRequests", "signingRequests"]);
  });

  it.each([404, 405, 410])("changes over to SignHash after status %i, and stays there", async (code) => {
    emulator().addFault(status("signingRequests", code, Number.POSITIVE_INFINITY));
    const { sign, routes } = signer();
    expect(await sign()).toMatchObject({
      attempts: 1,
      signingRequestId: expect.stringMatching(/^[0-9a-f-]{36}$/),
    });
    await sign();
    expect(routes()).toEqual(["signingRequests", "signHash", "signHash"]);
  });

  it.each([400, 401, 403, 409, 415])("does not change over after status %i", async (code) => {
    emulator().addFault(status("signingRequests", code));
    const { sign, routes } = signer();
    expect(await codedFailureOf(sign())).toMatchObject({ status: code });
    await sign();
    expect(routes()).toEqual(["signingRequests", "signingRequests"]);
  });

  it("does not change over as long as nothing tells that the server is SignPath", async () => {
    emulator().addFault(status("signingRequests", 404));
    const { sign, routes } = signer({}, "rsa-2048", false);
    expect(await codedFailureOf(sign())).toMatchObject({ code: "REQUEST_REJECTED", status: 404 });
    expect(routes()).toEqual(["signingRequests"]);
  });

  it("fails with the first answer where the server has neither route, and tries both the next time", async () => {
    emulator().addFault(status("signingRequests", 410));
    emulator().addFault(status("signHash", 404));
    const { sign, routes } = signer();
    expect(await codedFailureOf(sign())).toMatchObject({ status: 410 });
    await sign();
    expect(routes()).toEqual(["signingRequests", "signHash", "signingRequests"]);
  });

  it("fails with the second answer where SignHash refuses, and does not stay there", async () => {
    emulator().addFault(status("signingRequests", 404));
    emulator().addFault(status("signHash", 403));
    const { sign, routes } = signer();
    expect(await codedFailureOf(sign())).toMatchObject({ code: "FORBIDDEN", status: 403 });
    await sign();
    expect(routes()).toEqual(["signingRequests", "signHash", "signingRequests"]);
  });

  it("changes over for calls at the same time", async () => {
    emulator().addFault(status("signingRequests", 404, Number.POSITIVE_INFINITY));
    const { sign } = signer();
    expect(await Promise.all(Array.from({ length: 5 }, () => sign()))).toHaveLength(5);
  });
});

describe("a pinned route", () => {
  it('"fast" stays with fast signing requests', async () => {
    emulator().addFault(status("signingRequests", 404));
    const { sign, routes } = signer({ route: "fast" });
    expect(await codedFailureOf(sign())).toMatchObject({ status: 404 });
    expect(routes()).toEqual(["signingRequests"]);
  });

  it('"sign-hash" is SignHash from the start', async () => {
    const { sign, routes } = signer({ route: "sign-hash" }, "rsa-2048", false);
    expect((await sign()).signature).toHaveLength(256);
    expect(routes()).toEqual(["signHash"]);
    emulator().addFault(status("signHash", 404));
    expect(await codedFailureOf(sign())).toMatchObject({ status: 404 });
    expect(routes()).toEqual(["signHash", "signHash"]);
  });

  it.each<SigningRoute>(["auto", "fast", "sign-hash"])(
    "%s is refused by a policy with approval",
    async (route) => {
      const { sign } = signer({ route }, "approval");
      const error = await codedFailureOf(sign());
      expect(error).toMatchObject({ code: "POLICY_UNUSABLE", status: 400, attempts: 1 });
      expect(error.message).toContain("The selected signing policy has an approval process.");
      expect(error.message).toContain('needs route "asynchronous"');
    },
  );
});

describe('the route "asynchronous"', () => {
  const route = "asynchronous";

  it("submits, asks for the status until it is completed, and fetches the signed artifact", async () => {
    const { sign, routes } = signer({ route });
    const { signature, signingRequestId } = await sign();
    expect(signature).toHaveLength(256);
    const [submitted, ...rest] = routes();
    expect(submitted).toBe("signingRequests");
    expect(rest.at(-1)).toBe("signedArtifact");
    expect(new Set(rest.slice(0, -1))).toEqual(new Set(["signingRequestStatus"]));
    expect(emulator().signingRequests.at(-1)).toMatchObject({
      id: signingRequestId,
      fast: false,
      status: "Completed",
    });
  });

  it("gives up a request that waits for approval at its deadline, and goes on with it later", async () => {
    const { sign } = signer({ route, totalTimeoutMs: 400 }, "approval");
    const begin = performance.now();
    const error = await codedFailureOf(sign());
    expect(performance.now() - begin).toBeLessThan(10_000);
    expect(error).toMatchObject({ code: "REQUEST_PENDING", stage: "sign", retryable: true });
    const id = error.signingRequestId ?? "";
    expect(id).toBe(emulator().signingRequests.at(-1)?.id);
    expect(error.message).toContain(`Signing request ${id} is not done yet: WaitingForApproval`);
    expect(error.message).toContain(`{ signingRequestId: "${id}" }`);

    emulator().approve(id);
    const later = signer({ route }, "approval");
    expect(await later.sign({ signingRequestId: id })).toMatchObject({ signingRequestId: id });
    expect(later.routes()).not.toContain("signingRequests");
  });

  it("goes on with a request on any route", async () => {
    const first = await signer({ route }).sign();
    const { sign, routes } = signer({ route: "fast" });
    const { signature } = await sign({ signingRequestId: first.signingRequestId });
    expect(signature).toEqual(first.signature);
    expect(routes()).toEqual(["signingRequestStatus", "signedArtifact"]);
  });

  it.each([
    ["deny", "REQUEST_DENIED", "Denied"],
    ["cancel", "REQUEST_DENIED", "Canceled"],
    ["fail", "REQUEST_REJECTED", "Failed (ProcessingFailed)"],
  ] as const)("fails where somebody %s(e)s the request", async (verdict, code, words) => {
    const { sign } = signer({ route }, "approval");
    const submitted = emulator().signingRequests.length;
    const call = codedFailureOf(sign());
    await eventually(() => expect(emulator().signingRequests.length).toBe(submitted + 1));
    const id = emulator().signingRequests.at(-1)?.id ?? "";
    emulator()[verdict](id);
    const error = await call;
    expect(error).toMatchObject({ code, signingRequestId: id, retryable: false });
    expect(error.message).toContain(`Signing request ${id} ended without a signature: ${words}`);
  });

  it("takes the long form where the server has no route for the status, and stays with it", async () => {
    emulator().addFault(status("signingRequestStatus", 404, Number.POSITIVE_INFINITY));
    const { sign, routes } = signer({ route });
    await sign();
    await sign();
    expect(routes().filter((name) => name === "signingRequestStatus")).toHaveLength(1);
    expect(routes()).toContain("signingRequest");
  });

  it("submits to SubmitWithArtifact where the server no longer has the other route, and stays there", async () => {
    emulator().addFault(status("signingRequests", 410, Number.POSITIVE_INFINITY));
    const { sign, routes } = signer({ route });
    await sign();
    await sign();
    expect(routes().filter((name) => /^(signingRequests|submit)/.test(name))).toEqual([
      "signingRequests",
      "submitWithArtifact",
      "submitWithArtifact",
    ]);
  });

  it("does not submit elsewhere as long as nothing tells that the server is SignPath", async () => {
    emulator().addFault(status("signingRequests", 404));
    const { sign, routes } = signer({ route }, "rsa-2048", false);
    expect(await codedFailureOf(sign())).toMatchObject({ status: 404 });
    expect(routes()).toEqual(["signingRequests"]);
  });

  it("takes the id from Location where the body does not have it", async () => {
    emulator().addFault({ kind: "missing-field", field: "signingRequestId", route: "signingRequests" });
    const { signingRequestId } = await signer({ route }).sign();
    expect(signingRequestId).toBe(emulator().signingRequests.at(-1)?.id);
  });

  it("understands answers in the other case", async () => {
    emulator().addFault({ kind: "wrong-case", count: Number.POSITIVE_INFINITY });
    expect((await signer({ route }).sign()).signature).toHaveLength(256);
  });

  it("sends the token nowhere but to the API, wherever Location points", async () => {
    const elsewhere = await startStub(() => SIGNED);
    const id = "3fa85f64-5717-4562-b3fc-2c963f66afa6";
    const stub = await startStub(({ path, method }): StubAnswer => {
      if (method === "POST") return { status: 201, headers: { location: `${elsewhere.origin}/evil/${id}` } };
      return path.endsWith("/Status") ? { body: { status: "Completed" } } : SIGNED;
    });
    const client = apiClient(stub, { route });
    const { signingRequestId } = await new HashSigner(client).sign(template(client), HASH, {});
    expect(signingRequestId).toBe(id);
    expect(elsewhere.connections).toBe(0);
    expect(stub.requests.map(({ path }) => path.split("/").slice(4).join("/"))).toEqual([
      "SigningRequests",
      `SigningRequests/${id}/Status`,
      `SigningRequests/${id}/SignedArtifact`,
    ]);
  });

  it("goes on with what was submitted before calls that wait have their turn", async () => {
    const id = "3fa85f64-5717-4562-b3fc-2c963f66afa6";
    const stub = await startStub(({ path, method }): StubAnswer => {
      if (method === "POST") return { status: 201, body: { signingRequestId: id } };
      return path.endsWith("/Status") ? { body: { status: "Completed" } } : SIGNED;
    });
    const client = apiClient(stub, { route, maxConcurrency: 1 });
    const hashSigner = new HashSigner(client);
    const made = template(client);
    await Promise.all(Array.from({ length: 10 }, () => hashSigner.sign(made, HASH, {})));
    const paths = stub.requests.map(({ path }) => path);
    const submittedBefore = paths.slice(
      0,
      paths.findIndex((path) => path.endsWith("/SignedArtifact")),
    );
    expect(submittedBefore.filter((path) => path.endsWith("/SigningRequests")).length).toBeLessThan(5);
    expect(paths).toHaveLength(30);
  });

  it("refuses the artifact of a request for another hash", async () => {
    const { sign } = signer({ route });
    const { signingRequestId } = await sign();
    const other = createHash("sha256").update("other").digest("base64");
    const error = await codedFailureOf(sign({ signingRequestId }, other));
    expect(error).toMatchObject({ code: "INVALID_RESPONSE", signingRequestId });
    expect(error.message).toContain("it is about another hash than the one that was sent");
  });

  it("fails with its id where the server does not know the request", async () => {
    const id = "3fa85f64-5717-4562-b3fc-2c963f66afa6";
    const { sign, routes } = signer({ route });
    expect(await codedFailureOf(sign({ signingRequestId: id }))).toMatchObject({
      code: "REQUEST_REJECTED",
      status: 404,
      signingRequestId: id,
    });
    expect(routes()).toEqual(["signingRequestStatus", "signingRequest"]);
  });

  it.each(["", "../../x", "a/b", "a?b=c", "a b", "a\r\nb", "x".repeat(65)])(
    "sends nothing for the id %j",
    async (signingRequestId) => {
      const { sign, routes } = signer({ route });
      const error = await codedFailureOf(sign({ signingRequestId }));
      expect(error).toMatchObject({ code: "REQUEST_REJECTED", attempts: 0 });
      expect(routes()).toEqual([]);
    },
  );

  it("fails with the request's id where its status is not to be had", async () => {
    emulator().addFault({ kind: "status", status: 503, retryAfter: "60", route: "signingRequestStatus" });
    const { sign } = signer({ route });
    expect(await codedFailureOf(sign())).toMatchObject({
      code: "SERVICE_UNAVAILABLE",
      signingRequestId: emulator().signingRequests.at(-1)?.id,
    });
  });

  it("keeps its deadline while the status is not to be had", async () => {
    emulator().addFault({ kind: "silence", route: "signingRequestStatus", count: Number.POSITIVE_INFINITY });
    const { sign } = signer({ route, totalTimeoutMs: 600 });
    const begin = performance.now();
    const error = await codedFailureOf(sign());
    expect(performance.now() - begin).toBeLessThan(10_000);
    expect(error).toMatchObject({ code: "TIMEOUT", signingRequestId: expect.any(String) });
  });

  it("can be aborted between two looks at the status", async () => {
    const reason = new Error("enough");
    const controller = new AbortController();
    const { sign, routes } = signer({ route }, "approval");
    const call = codedFailureOf(sign({ signal: controller.signal }));
    await eventually(() => expect(routes()).toContain("signingRequestStatus"));
    await new Promise((resolve) => setTimeout(resolve, 20));
    controller.abort(reason);
    const error = await call;
    expect(error).toMatchObject({
      code: "ABORTED",
      cause: reason,
      signingRequestId: emulator().signingRequests.at(-1)?.id,
    });
    const { length } = routes();
    await new Promise((resolve) => setTimeout(resolve, 150));
    expect(routes()).toHaveLength(length);
  });

  it("ends with the client, and tells which request goes on", async () => {
    const { sign, client, routes } = signer({ route }, "approval");
    const call = codedFailureOf(sign());
    await eventually(() => expect(routes()).toContain("signingRequestStatus"));
    await client.close();
    expect(await call).toMatchObject({
      code: "ABORTED",
      signingRequestId: emulator().signingRequests.at(-1)?.id,
    });
  });
});
