import { webcrypto } from "node:crypto";
import { describe, expect, it } from "vitest";
import { useSignPath } from "../cms/support.js";
import { digest } from "../support/client.js";
import { useEmulator } from "../support/emulator.js";
import { codedFailureOf, failureOf } from "../support/failure.js";

const DATA = Buffer.from("whose hash is signed");
const HASHES = [
  ["SHA-1", 20],
  ["SHA-256", 32],
  ["SHA-384", 48],
  ["SHA-512", 64],
] as const;

const emulator = useEmulator();
const signpath = useSignPath(emulator);

describe.each([
  ["rsa-2048", "RSASSA-PKCS1-v1_5"],
  ["rsa-2048", "RSA-PSS"],
  ["p-256", "ECDSA"],
  ["p-521", "ECDSA"],
])("signHash of demo/%s with %s", (slug, name) => {
  it.each(HASHES)("refuses hashes that are not as long as %s, and sends nothing", async (hash, length) => {
    const policy = await signpath().policy(`demo/${slug}`);
    const before = emulator().requests.length;
    const lengths = [0, 1, length - 1, length + 1, 2 * length, 16, 20, 28, 32, 48, 64, 1000];
    for (const wrong of lengths.filter((each) => each !== length)) {
      const failure = await codedFailureOf(policy.signHash(new Uint8Array(wrong), { name, hash }));
      expect(failure).toMatchObject({
        code: "REQUEST_REJECTED",
        stage: "sign",
        attempts: 0,
        retryable: false,
      });
      expect(failure.message).toBe(
        `a hash of ${wrong} bytes cannot be signed as ${hash}, which has ${length}; nothing was sent`,
      );
    }
    expect(emulator().requests).toHaveLength(before);
  });

  it.each(HASHES.slice(1, 2))(
    "signs a %s in every form that bytes have, as it was at the time of the call",
    async (hash, length) => {
      const policy = await signpath().policy(`demo/${slug}`);
      const publicKey = await policy.publicKey({ name, hash });
      const bytes = digest(hash, DATA);
      const padded = new Uint8Array([9, ...bytes, 9, 9]);
      const forms = [
        new Uint8Array(bytes),
        new Uint8Array(bytes).buffer,
        new DataView(padded.buffer, 1, length),
        padded.subarray(1, length + 1),
        Buffer.from(bytes),
      ];
      for (const form of forms) {
        const signing = policy.signHash(form, { name, hash });
        (ArrayBuffer.isView(form)
          ? new Uint8Array(form.buffer, form.byteOffset, length)
          : new Uint8Array(form)
        ).fill(0);
        if (form instanceof DataView) padded.set(bytes, 1);
        const signature = await signing;
        const used = { name, hash, ...(name === "RSA-PSS" && { saltLength: length }) };
        expect(await webcrypto.subtle.verify(used, publicKey, signature, DATA)).toBe(true);
        expect(signature.byteOffset).toBe(0);
        expect(signature.buffer.byteLength).toBe(signature.length);
        expect(emulator().signingRequests.at(-1)?.hash).toBe(bytes.toString("hex"));
      }
    },
  );
});

describe("signHash", () => {
  it.each<[string, unknown]>([
    ["nothing", undefined],
    ["null", null],
    ["text", digest("SHA-256", DATA).toString("hex")],
    ["an array", [...digest("SHA-256", DATA)]],
  ])("refuses %s as a hash with a TypeError or a coded error, and sends nothing", async (_title, hash) => {
    const policy = await signpath().policy("demo/p-256");
    const before = emulator().requests.length;
    const failure = await failureOf(policy.signHash(hash as never, { name: "ECDSA", hash: "SHA-256" }));
    expect(failure).toBeInstanceOf(TypeError);
    expect(emulator().requests).toHaveLength(before);
  });

  it("sends nothing for a signal that has been aborted before", async () => {
    const policy = await signpath().policy("demo/p-256");
    const before = emulator().requests.length;
    const options = { signal: AbortSignal.abort(new Error("no more")) };
    const algorithm = { name: "ECDSA", hash: "SHA-256" };
    const failure = await codedFailureOf(policy.signHash(digest("SHA-256", DATA), algorithm, options));
    expect(failure).toMatchObject({ code: "ABORTED", attempts: 0 });
    expect(failure.message).toMatch(/no more/);
    expect(emulator().requests).toHaveLength(before);
  });
});
