import { X509Certificate } from "node:crypto";
import { describe, expect, it } from "vitest";
import { SignPathError } from "../../src/base/errors.js";
import type { SigningPolicy } from "../../src/index.js";
import { connect } from "../support/client.js";
import { useEmulator } from "../support/emulator.js";
import { watchResources } from "../support/resources.js";
import type { Signer } from "./routes.js";
import { EC, RSA, sha256 } from "./routes.js";

/** So many sign at the same time, one signature after the other until some time after the key was replaced. */
const CALLERS = 200;
const MOST_CALLS = 5000;
const IN_FLIGHT = 32;
/** The key is replaced after so many signatures: most callers are under way then, in the queue or with a request. */
const BEFORE = 100;

/** What became of a call, and the public keys that the policy named when it began and when it ended. */
interface Result {
  readonly number: number;
  readonly before: string;
  readonly after: string;
  readonly signature?: Uint8Array;
  readonly error?: unknown;
}

describe("a new key in the midst of many signatures", () => {
  const emulator = useEmulator();

  const lists = (): number => emulator().requests.filter(({ route }) => route === "mySigningPolicies").length;

  it.each<[string, Signer]>([
    ["RSASSA-PKCS1-v1_5", RSA],
    ["ECDSA", EC],
  ])(
    "gives each call a signature by the key that the policy names, or says that it changed: %s",
    async (...row) => {
      const [, signer] = row;
      const watch = watchResources();
      const signpath = connect(emulator(), { maxConcurrency: IN_FLIGHT, route: "fast" });
      const policy = await signpath.policy(`demo/${signer.slug}`);
      const oldKey = keyOf(policy);
      const listsBefore = lists();
      // Answers take long enough for those of many calls to be under way when the key is replaced.
      emulator().addFault({ kind: "latency", ms: 10, count: Number.POSITIVE_INFINITY });
      const results: Result[] = [];
      let rotation: Promise<void> | undefined;
      let isRotated = false;
      let calls = 0;

      const rotate = async (): Promise<void> => {
        try {
          await emulator().rotateCertificate(signer.slug, { newKey: true });
        } finally {
          isRotated = true;
        }
      };
      const sign = async (number: number): Promise<Result> => {
        const before = keyOf(policy);
        const outcome = await policy.signHash(sha256(`number ${number}`), signer.algorithm).then(
          (signature) => ({ signature }),
          (error: unknown) => ({ error }),
        );
        const result = { number, before, after: keyOf(policy), ...outcome };
        results.push(result);
        if (results.length === BEFORE) rotation = rotate();
        return result;
      };
      const again: Result[] = [];
      const caller = async (): Promise<void> => {
        for (let isLast = false; !isLast && calls < MOST_CALLS; ) {
          isLast = isRotated;
          const number = calls++;
          const { error } = await sign(number);
          if (error !== undefined) again.push(await sign(number));
        }
      };
      await Promise.all(Array.from({ length: CALLERS }, caller));
      await rotation;
      emulator().clearFaults();

      const newKey = keyOf(policy);
      expect(policy.certificateDer).toEqual(await emulator().certificateOf(signer.slug));
      expect(newKey).not.toBe(oldKey);
      const isBy = (key: string, { number, signature }: Result): boolean =>
        signature !== undefined && signer.verify(key, signature, Buffer.from(`number ${number}`));
      const signed = results.filter(({ signature }) => signature !== undefined);
      expect(signed.filter((result) => !isBy(result.before, result) && !isBy(result.after, result))).toEqual(
        [],
      );
      expect(signed.filter((result) => isBy(oldKey, result)).length).toBeGreaterThanOrEqual(BEFORE);
      const failed = results.flatMap(({ error }) => (error === undefined ? [] : [error]));
      expect(failed.length).toBeGreaterThan(0);
      for (const error of failed) {
        expect(error).toBeInstanceOf(SignPathError);
        expect(error).toMatchObject({
          code: "CERTIFICATE_CHANGED",
          stage: "sign",
          retryable: true,
        });
      }
      // Who was told that it changed and asked again has been served: by the new key.
      expect(again).toHaveLength(failed.length);
      expect(again.every((result) => isBy(newKey, result))).toBe(true);
      expect(signed).toHaveLength(calls);
      // One request for all who waited to know.
      expect(lists()).toBe(listsBefore + 1);

      const afterwards = await Promise.all(Array.from({ length: 20 }, (_, number) => sign(number)));
      expect(afterwards.every((result) => isBy(newKey, result))).toBe(true);
      expect(lists()).toBe(listsBefore + 1);
      await signpath.close();
      await watch.expectNothingLeft();
    },
  );
});

describe("calls that wait while the key is replaced", () => {
  const emulator = useEmulator();
  const WAITING = 20;

  const attemptsOf = async (call: Promise<unknown>): Promise<string | number | undefined> =>
    call.then(
      () => "signed",
      (error: unknown) => (error instanceof SignPathError ? `${error.code} ${error.attempts}` : "no code"),
    );
  const received = (route: string): number =>
    emulator().requests.filter((request) => request.route === route).length;

  it("are not sent when it is known, and the request that tells goes before them", async () => {
    const signpath = connect(emulator(), { maxConcurrency: 1, route: "fast" });
    const policy = await signpath.policy("demo/rsa-2048");
    await emulator().rotateCertificate("rsa-2048", { newKey: true });
    const before = [received("mySigningPolicies"), received("signingRequests")];
    const calls = Array.from({ length: WAITING }, () => policy.signHash(sha256("x"), RSA.algorithm));
    const outcomes = await Promise.all(calls.map(attemptsOf));
    // A call takes the lane of the one before as soon as that is answered, which is then still to be looked at.
    const sent = outcomes.lastIndexOf("CERTIFICATE_CHANGED 1") + 1;
    expect(sent).toBeLessThan(WAITING / 2);
    expect(outcomes).toEqual(outcomes.map((_, index) => `CERTIFICATE_CHANGED ${index < sent ? 1 : 0}`));
    const after = [received("mySigningPolicies"), received("signingRequests")];
    expect(after).toEqual([(before[0] ?? 0) + 1, (before[1] ?? 0) + sent]);
    expect(await attemptsOf(policy.signHash(sha256("x"), RSA.algorithm))).toBe("signed");
    await signpath.close();
  });

  it("are sent where the new certificate is for the same key", async () => {
    const signpath = connect(emulator(), { maxConcurrency: 1, route: "fast" });
    const policy = await signpath.policy("demo/p-256");
    const der = policy.certificateDer;
    await emulator().rotateCertificate("p-256", { newKey: false });
    const first = policy.signHash(sha256("x"), EC.algorithm);
    const list = signpath.policies();
    const others = Array.from({ length: WAITING }, () => policy.signHash(sha256("x"), EC.algorithm));
    await list;
    expect(policy.certificateDer).not.toEqual(der);
    const outcomes = await Promise.all([first, ...others].map(attemptsOf));
    expect(outcomes).toEqual(outcomes.map(() => "signed"));
    await signpath.close();
  });

  it("are told the same where it is replaced twice before their answer", async () => {
    let isHeld = false;
    let release: () => void = () => undefined;
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    const apiToken = async (): Promise<string> => {
      if (isHeld) await held;
      return emulator().apiToken;
    };
    const signpath = connect(emulator(), { apiToken, route: "fast" });
    const policy = await signpath.policy("demo/p-256");
    isHeld = true;
    const call = policy.signHash(sha256("x"), EC.algorithm);
    isHeld = false;
    await emulator().rotateCertificate("p-256", { newKey: true });
    await signpath.policies();
    await emulator().rotateCertificate("p-256", { newKey: true });
    release();
    expect(await attemptsOf(call)).toBe("CERTIFICATE_CHANGED 1");
    expect(await attemptsOf(policy.signHash(sha256("x"), EC.algorithm))).toBe("signed");
    await signpath.close();
  });
});

/** The public key of the policy's certificate, read by Node. */
function keyOf(policy: SigningPolicy): string {
  const { publicKey } = new X509Certificate(policy.certificateDer);
  return publicKey.export({ format: "pem", type: "spki" }).toString();
}
