import { describe, expect, it } from "vitest";
import { useEmulator } from "./support/emulator.js";
import { run } from "./support/run.js";

const SCRIPT = `
import { SignPath } from "signpath-webcrypto";
const signpath = new SignPath();
const policy = await signpath.policy("demo/p-256");
await policy.signHash(new Uint8Array(32), { name: "ECDSA", hash: "SHA-256" });
await signpath.close();`;

describe("NODE_DEBUG=signpath", () => {
  const emulator = useEmulator();
  const sign = (debug: string) =>
    run(process.execPath, ["--input-type=module", "--eval", SCRIPT], {
      env: { ...process.env, ...emulator().environment, NODE_DEBUG: debug },
    });

  it("prints each step, without a secret", async () => {
    emulator().addFault({ kind: "status", status: 503, retryAfter: "0", route: "signingRequests" });
    const { status, stderr, stdout } = await sign("signpath");
    expect([status, stdout]).toEqual([0, ""]);
    const steps = [...stderr.matchAll(/^SIGNPATH \d+: (?:call \d+, [\d.]+ ms: )?(\w+), /gm)];
    expect(steps.map(([, type]) => type)).toEqual([
      "attempt",
      "answer",
      "attempt",
      "retry",
      "attempt",
      "answer",
      "signature",
    ]);
    expect(stderr).toMatch(/answer, fast signing request, attempt 2, status 200$/m);
    expect(stderr).toMatch(
      /signature, demo\/p-256, algorithm ECDSA, hash SHA-256, verified true, attempts 2/,
    );
    expect(stderr).not.toContain(emulator().apiToken);
  });

  it("is silent where it names something else", async () => {
    expect(await sign("http2")).toMatchObject({ status: 0, stdout: "", stderr: "" });
  });
});
