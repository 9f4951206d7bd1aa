import { setTimeout as delay } from "node:timers/promises";
import { afterEach, describe, expect, it } from "vitest";
import type { SignCmsOptions } from "../../src/cms/index.js";
import { signCms } from "../../src/cms/index.js";
import { useEmulator } from "../support/emulator.js";
import { eventually } from "../support/eventually.js";
import { codedFailureOf, failureOf } from "../support/failure.js";
import { CONTENT, sentTo, useSignPath } from "./support.js";

describe("signCms", () => {
  const emulator = useEmulator();
  const signpath = useSignPath(emulator);
  const asynchronous = useSignPath(emulator, { route: "asynchronous" });

  afterEach(() => emulator().clearFaults());

  it.each<[string, string, Record<string, unknown>, RegExp]>([
    ["a padding for an EC key", "p-256", { padding: "pkcs1" }, /padding is for RSA keys.*demo\/p-256/],
    ["the other padding for an EC key", "p-521", { padding: "pss" }, /padding is for RSA keys/],
    ["a padding that there is not", "rsa-2048", { padding: "oaep" }, /no padding oaep: pkcs1 and pss/],
    ["a padding by an inherited name", "rsa-2048", { padding: "constructor" }, /no padding/],
    ["SHA-1", "rsa-2048", { hash: "SHA-1" }, /SHA-256, SHA-384, SHA-512, not with SHA-1/],
    ["a hash in the spelling of another API", "rsa-2048", { hash: "sha256" }, /not with sha256/],
    ["a hash as an object", "p-256", { hash: { name: "SHA-256" } }, /not with/],
    ["no hash at all", "p-256", { hash: null }, /not with null/],
  ])("refuses %s before anything is read or sent", async (_title, slug, more, message) => {
    const policy = await signpath().policy(`demo/${slug}`);
    const before = sentTo(emulator());
    const failure = await codedFailureOf(signCms("/nonexistent", { policy, ...more }));
    expect(failure).toMatchObject({ code: "ALGORITHM_NOT_SUPPORTED", stage: "cms", attempts: 0 });
    expect(failure.message).toMatch(message);
    expect(sentTo(emulator())).toBe(before);
  });

  it.each<[string, unknown]>([
    ["an invalid date", new Date(Number.NaN)],
    ["a year of five digits", new Date("+010000-01-01T00:00:00Z")],
    ["a year before Christ", new Date("-000001-12-31T00:00:00Z")],
    ["a text", "2030-01-01"],
    ["a number", 0],
    ["null", null],
    ["true", true],
  ])("refuses %s as the signing time", async (_title, signingTime) => {
    const policy = await signpath().policy("demo/p-256");
    const before = sentTo(emulator());
    const failure = await failureOf(signCms(CONTENT, { policy, signingTime } as SignCmsOptions));
    expect(failure).toBeInstanceOf(TypeError);
    expect(String(failure)).toMatch(/signingTime must be a Date/);
    expect(sentTo(emulator())).toBe(before);
  });

  it("refuses what is no policy", async () => {
    for (const policy of [undefined, null, "demo/p-256", {}]) {
      const failure = await failureOf(signCms(CONTENT, { policy } as unknown as SignCmsOptions));
      expect(failure).toBeInstanceOf(TypeError);
      expect(String(failure)).toMatch(/policy must be/);
    }
  });

  it("refuses a policy without an X.509 certificate", async () => {
    const policy = await signpath().policy("demo/gpg");
    for (const padding of [undefined, "pkcs1", "pss"] as const) {
      const failure = await codedFailureOf(signCms(CONTENT, { policy, padding }));
      expect(failure).toMatchObject({ code: "POLICY_UNUSABLE", attempts: 0 });
      expect(failure.message).toMatch(/demo\/gpg.*Gpg/);
    }
  });

  it("passes on that a policy wants approval, or that its right to submit was taken", async () => {
    const approval = await signpath().policy("demo/approval");
    expect(await codedFailureOf(signCms(CONTENT, { policy: approval }))).toMatchObject({
      code: "POLICY_UNUSABLE",
      message: expect.stringContaining("does not support approvals"),
    });
    const policy = await signpath().policy("demo/p-384");
    emulator().setSubmitter("p-384", false);
    expect(await codedFailureOf(signCms(CONTENT, { policy }))).toMatchObject({ code: "FORBIDDEN" });
    emulator().setSubmitter("p-384", true);
  });

  it("gives no signature by another key", async () => {
    const policy = await signpath().policy("demo/p-256");
    emulator().addFault({ kind: "other-key" });
    expect(await codedFailureOf(signCms(CONTENT, { policy }))).toMatchObject({ code: "SIGNATURE_INVALID" });
  });

  it("sends nothing for a signal that has been aborted before", async () => {
    const policy = await signpath().policy("demo/p-256");
    const before = sentTo(emulator());
    const signal = AbortSignal.abort(new Error("changed my mind"));
    for (const detached of [true, false]) {
      const failure = await codedFailureOf(signCms(CONTENT, { policy, detached, signal }));
      expect(failure).toMatchObject({ code: "ABORTED", attempts: 0 });
      expect(failure.message).toMatch(/changed my mind/);
    }
    expect(sentTo(emulator())).toBe(before);
  });

  it("stops reading where the signal is aborted, closes the source and sends nothing", async () => {
    const policy = await signpath().policy("demo/p-256");
    const before = sentTo(emulator());
    for (const detached of [true, false]) {
      const controller = new AbortController();
      let read = 0;
      let closed = false;
      const source = async function* (): AsyncGenerator<Uint8Array> {
        try {
          for (; read < 100; read += 1) {
            if (read === 3) controller.abort(new Error("that is enough"));
            yield CONTENT;
          }
        } finally {
          closed = true;
        }
      };
      const failure = await codedFailureOf(
        signCms(source(), { policy, detached, signal: controller.signal }),
      );
      expect(failure).toMatchObject({ code: "ABORTED", attempts: 0 });
      expect(failure.message).toMatch(/that is enough/);
      await eventually(() => expect(closed).toBe(true));
      expect(read).toBe(3);
    }
    expect(sentTo(emulator())).toBe(before);
  });

  it("ends at once where the signal is aborted while the request is on its way", async () => {
    const policy = await signpath().policy("demo/p-256");
    emulator().addFault({ kind: "silence", route: "signingRequests" });
    const controller = new AbortController();
    const signing = codedFailureOf(signCms(CONTENT, { policy, signal: controller.signal }));
    const asked = emulator().requests.length;
    while (emulator().requests.length === asked) await delay(5);
    const start = performance.now();
    controller.abort();
    expect(await signing).toMatchObject({ code: "ABORTED", attempts: 1 });
    expect(performance.now() - start).toBeLessThan(10_000);
  });

  it("says which signing request waits for approval where the signal is aborted meanwhile", async () => {
    const policy = await asynchronous().policy("demo/approval");
    const controller = new AbortController();
    const signing = codedFailureOf(signCms(CONTENT, { policy, signal: controller.signal }));
    let id: string | undefined;
    while (id === undefined) {
      await delay(5);
      id = emulator().signingRequests.find(({ fast }) => !fast)?.id;
    }
    await delay(150);
    controller.abort();
    expect(await signing).toMatchObject({ code: "ABORTED", signingRequestId: id });
  });
});
