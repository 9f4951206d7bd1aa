import { describe, expect, it, vi } from "vitest";
import { connect, digest } from "./support/client.js";
import { useEmulator } from "./support/emulator.js";

const HASH = digest("SHA-256", "data");
/** The emulator signs fastest with it: it is the limit that is to be met, not what the machine can do. */
const ALGORITHM = { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256" };
const LIMIT = 100;
const SECONDS = 8;

describe.each(["seconds", "none"] as const)("a service with a limit, Retry-After %s", (retryAfter) => {
  const emulator = useEmulator({ rateLimit: { requestsPerSecond: LIMIT, burst: LIMIT, retryAfter } });

  it("is neither stormed nor left alone once its limit is known", async () => {
    const signpath = connect(emulator());
    const policy = await signpath.policy("demo/rsa-2048");
    const controller = new AbortController();
    const { signal } = controller;
    let failures = 0;
    const worker = async (): Promise<void> => {
      while (!signal.aborted) await policy.signHash(HASH, ALGORITHM, { signal }).catch(() => failures++);
    };
    const workers = Array.from({ length: 64 }, worker);
    await vi.waitUntil(() => emulator().rateLimitCounts.rejected > 0, { timeout: 20_000 });
    await new Promise((resolve) => setTimeout(resolve, 2000));
    const before = { ...emulator().rateLimitCounts };
    const begin = performance.now();
    await new Promise((resolve) => setTimeout(resolve, (SECONDS - 2) * 1000));
    const after = { ...emulator().rateLimitCounts };
    const seconds = (performance.now() - begin) / 1000;
    controller.abort();
    await Promise.all(workers);
    const [accepted, rejected] = [after.accepted - before.accepted, after.rejected - before.rejected];
    // The figure itself is the benchmark's: this machine may be busy with other tests.
    expect(accepted / seconds).toBeGreaterThanOrEqual(0.5 * LIMIT);
    expect(rejected / (accepted + rejected)).toBeLessThanOrEqual(0.05);
    // Those that were aborted at the end.
    expect(failures).toBeLessThanOrEqual(64);
    await signpath.close();
  }, 60_000);
});
