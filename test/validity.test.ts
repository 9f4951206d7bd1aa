import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { signCms } from "../src/cms/index.js";
import type { SigningPolicy } from "../src/index.js";
import { subtle } from "../src/index.js";
import { connect, digest } from "./support/client.js";
import { useEmulator } from "./support/emulator.js";
import { codedFailureOf, failureOf } from "./support/failure.js";

const ECDSA = { name: "ECDSA", hash: "SHA-256" };
const DAY_MS = 86_400_000;
const DATA = Buffer.from("data");

const emulator = useEmulator();
afterEach(() => emulator().clearFaults());

async function rotate(fromDays: number, toDays: number): Promise<void> {
  const [validFrom, validTo] = [fromDays, toDays].map((days) => new Date(Date.now() + days * DAY_MS));
  await emulator().rotateCertificate("p-256", {
    newKey: false,
    ...(validFrom && validTo && { validFrom, validTo }),
  });
}

function posts(): number {
  return emulator().requests.filter(({ method }) => method === "POST").length;
}

describe.each([
  ["has expired", -2, -1, "expired on 20"],
  ["is not yet valid", 1, 2, "is not valid before 20"],
])("a certificate that %s", (_what, from, to, words) => {
  let policy: SigningPolicy;

  beforeEach(async () => {
    await rotate(from, to);
    policy = await connect(emulator()).policy("demo/p-256");
  });
  afterEach(() => rotate(-1, 1));

  it("is said before anything is signed, with the clock's time", async () => {
    const before = posts();
    const ways = [
      () => policy.signHash(digest("SHA-256", "data"), ECDSA),
      () => policy.signStream(DATA, ECDSA),
      () => signCms(DATA, { policy }),
    ];
    for (const way of ways) {
      const error = await codedFailureOf(way());
      expect(error).toMatchObject({
        code: "POLICY_UNUSABLE",
        stage: "policy",
        retryable: false,
        attempts: 0,
      });
      expect(error.message).toContain(words);
      expect(error.message).toContain("this machine's clock says 20");
      expect(error.message).toContain("SIGNPATH_CHECK_VALIDITY=false");
    }
    const failure = await failureOf(subtle.sign(ECDSA, policy.privateKey(ECDSA), DATA));
    expect(failure).toMatchObject({ name: "InvalidAccessError", cause: { code: "POLICY_UNUSABLE" } });
    expect(posts()).toBe(before);
  });

  it("is signed with where that is allowed, by option or variable", async () => {
    const allowing = await connect(emulator(), { checkValidity: false }).policy("demo/p-256");
    expect(await allowing.signStream(DATA, ECDSA)).toHaveLength(64);
    vi.stubEnv("SIGNPATH_CHECK_VALIDITY", "false");
    const byVariable = await connect(emulator()).policy("demo/p-256");
    expect(await byVariable.signStream(DATA, ECDSA)).toHaveLength(64);
  });

  it("is asked for anew first: a process that lives longer goes on with the next one", async () => {
    await rotate(-1, 1);
    const error = await codedFailureOf(policy.signStream(DATA, ECDSA));
    expect(error).toMatchObject({ code: "CERTIFICATE_CHANGED", retryable: true, attempts: 0 });
    expect(await policy.signStream(DATA, ECDSA)).toHaveLength(64);
  });

  it("is the reason also where it cannot be asked for anew, and an abort ends the asking", async () => {
    emulator().addFault({ kind: "status", status: 403, route: "mySigningPolicies" });
    expect(await codedFailureOf(policy.signStream(DATA, ECDSA))).toMatchObject({ code: "POLICY_UNUSABLE" });
    emulator().addFault({ kind: "silence", route: "mySigningPolicies" });
    const controller = new AbortController();
    const signing = codedFailureOf(policy.signStream(DATA, ECDSA, { signal: controller.signal }));
    const reason = new Error("enough");
    setTimeout(() => controller.abort(reason), 20);
    expect(await signing).toMatchObject({ code: "ABORTED", attempts: 0, cause: reason });
  });
});
