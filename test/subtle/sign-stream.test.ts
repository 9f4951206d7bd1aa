import { randomBytes, webcrypto } from "node:crypto";
import { createReadStream } from "node:fs";
import { readdir, readlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Readable } from "node:stream";
import { setTimeout as delay } from "node:timers/promises";
import { pathToFileURL } from "node:url";
import { beforeAll, describe, expect, it } from "vitest";
import type { SigningPolicy, SigningSource } from "../../src/policy/signing-policy.js";
import { useSignPath } from "../cms/support.js";
import { digest } from "../support/client.js";
import { useEmulator } from "../support/emulator.js";
import { codedFailureOf, failureOf } from "../support/failure.js";
import { temporaryFolder } from "../support/temporary.js";

const MIB = 1024 * 1024;
const ALGORITHM = { name: "ECDSA", hash: "SHA-256" };

const emulator = useEmulator();
const signpath = useSignPath(emulator);
const folder = temporaryFolder();
let policy: SigningPolicy;
beforeAll(async () => {
  policy = await signpath().policy("demo/p-256");
});

async function fileOf(content: Uint8Array): Promise<string> {
  const path = join(folder, "content.bin");
  await writeFile(path, content);
  return path;
}

async function isOf(signature: Uint8Array<ArrayBuffer>, content: Uint8Array): Promise<boolean> {
  const key = await policy.publicKey(ALGORITHM);
  return webcrypto.subtle.verify(ALGORITHM, key, signature, new Uint8Array(content));
}

function sent(): number {
  return emulator().requests.length;
}

describe("signStream", () => {
  it.each<[string, (content: Buffer) => SigningSource | Promise<SigningSource>]>([
    ["bytes", (content) => content],
    ["an ArrayBuffer", (content) => new Uint8Array(content).buffer],
    ["a DataView at an offset", (content) => new DataView(new Uint8Array([1, ...content]).buffer, 1)],
    ["a Blob", (content) => new Blob([new Uint8Array(content)])],
    ["a web stream", (content) => new Blob([new Uint8Array(content)]).stream()],
    ["a stream of Node", (content) => Readable.from([content.subarray(0, 3), content.subarray(3)])],
    ["a stream of a file", async (content) => createReadStream(await fileOf(content))],
    ["the path of a file", fileOf],
    ["the URL of a file", async (content) => pathToFileURL(await fileOf(content))],
  ])("signs %s, empty or not, with one request", async (_title, make) => {
    for (const length of [0, 1, 70_000]) {
      const content = randomBytes(length);
      const before = sent();
      const signature = await policy.signStream(await make(content), ALGORITHM);
      expect(sent()).toBe(before + 1);
      expect(await isOf(signature, content)).toBe(true);
      expect(emulator().signingRequests.at(-1)?.hash).toBe(digest("SHA-256", content).toString("hex"));
    }
  });

  it("signs a file of several chunks", async () => {
    for (const length of [MIB, 3 * MIB, 3 * MIB + 1]) {
      const content = randomBytes(length);
      expect(await isOf(await policy.signStream(await fileOf(content), ALGORITHM), content)).toBe(true);
    }
  });

  it.each([0, 1000, MIB, MIB + 1, 4 * MIB])(
    "signs what %d bytes were at the time of the call",
    async (length) => {
      const content = new Uint8Array(length).fill(1);
      const signing = policy.signStream(content, ALGORITHM);
      content.fill(2);
      expect(await isOf(await signing, new Uint8Array(length).fill(1))).toBe(true);
    },
  );

  it("gives a fresh buffer, exactly as long as the signature", async () => {
    const [first, second] = await Promise.all([
      policy.signStream(Buffer.of(1), ALGORITHM),
      policy.signStream(Buffer.of(1), ALGORITHM),
    ]);
    for (const { length, byteOffset, buffer } of [first, second])
      expect([length, byteOffset, buffer.byteLength]).toEqual([64, 0, 64]);
    expect(first.buffer).not.toBe(second.buffer);
  });

  it("looks at the algorithm before it reads", async () => {
    let read = false;
    const source = async function* (): AsyncGenerator<Uint8Array> {
      read = true;
      yield Buffer.of(1);
    };
    const before = sent();
    for (const given of ["ECDSA", { name: "RSA-PSS", hash: "SHA-256" }, { name: "ECDSA", hash: "MD5" }]) {
      expect(await codedFailureOf(policy.signStream(source(), given))).toMatchObject({
        code: "ALGORITHM_NOT_SUPPORTED",
        attempts: 0,
      });
      expect(await codedFailureOf(policy.signStream(join(folder, "missing"), given))).toMatchObject({
        code: "ALGORITHM_NOT_SUPPORTED",
      });
    }
    expect([read, sent()]).toEqual([false, before]);
  });

  it("sends nothing where the source fails, and passes its error on as it is", async () => {
    const broken = new Error("the tape is torn");
    const failing = async function* (): AsyncGenerator<Uint8Array> {
      yield Buffer.of(1);
      throw broken;
    };
    const before = sent();
    expect(await failureOf(policy.signStream(failing(), ALGORITHM))).toBe(broken);
    expect(await failureOf(policy.signStream(join(folder, "missing"), ALGORITHM))).toMatchObject({
      code: "ENOENT",
    });
    expect(await failureOf(policy.signStream(folder, ALGORITHM))).toMatchObject({ code: "EISDIR" });
    const text = Readable.from(["text"]) as AsyncIterable<never>;
    expect(await failureOf(policy.signStream(text, ALGORITHM))).toBeInstanceOf(TypeError);
    for (const nothing of [undefined, null, 5, {}])
      expect(await failureOf(policy.signStream(nothing as never, ALGORITHM))).toBeInstanceOf(TypeError);
    expect(sent()).toBe(before);
  });
});

describe("a signal", () => {
  it("that has been aborted before leaves the source unread, and nothing is sent", async () => {
    const before = sent();
    const signal = AbortSignal.abort(new Error("never mind"));
    const path = await fileOf(randomBytes(3 * MIB));
    const endless = async function* (): AsyncGenerator<Uint8Array> {
      for (;;) yield Buffer.of(1);
    };
    for (const source of [Buffer.of(1), path, endless(), Readable.from(endless())]) {
      const failure = await codedFailureOf(policy.signStream(source, ALGORITHM, { signal }));
      expect(failure).toMatchObject({ code: "ABORTED", stage: "sign", attempts: 0, retryable: false });
      expect(failure.message).toMatch(/never mind/);
    }
    expect(sent()).toBe(before);
  });

  it("ends the reading of a file, which is closed then", async () => {
    const path = await fileOf(new Uint8Array(64 * MIB));
    const before = sent();
    const controller = new AbortController();
    const signing = codedFailureOf(policy.signStream(path, ALGORITHM, { signal: controller.signal }));
    await delay(2);
    controller.abort();
    expect(await signing).toMatchObject({ code: "ABORTED", attempts: 0 });
    expect(sent()).toBe(before);
    if (process.platform !== "linux") return;
    const open = async (): Promise<string[]> => {
      const fds = await readdir("/proc/self/fd");
      return Promise.all(fds.map((fd) => readlink(`/proc/self/fd/${fd}`).catch(() => "")));
    };
    await expect.poll(open).not.toContain(path);
  });

  it("ends the wait for a source that gives nothing", async () => {
    const before = sent();
    const stuck = new Readable({ read: () => undefined });
    const web = new ReadableStream<Uint8Array>({ pull: () => new Promise<void>(() => undefined) });
    const generator = async function* (): AsyncGenerator<Uint8Array> {
      yield Buffer.of(1);
      await new Promise(() => undefined);
    };
    for (const source of [stuck, web, generator()]) {
      const controller = new AbortController();
      const signing = codedFailureOf(policy.signStream(source, ALGORITHM, { signal: controller.signal }));
      await delay(10);
      controller.abort(new Error("too slow"));
      const failure = await signing;
      expect(failure).toMatchObject({ code: "ABORTED", attempts: 0 });
      expect(failure.message).toMatch(/too slow/);
    }
    expect(sent()).toBe(before);
  }, 5000);

  it("ends the wait for the answer", async () => {
    emulator().addFault({ kind: "silence", route: "signingRequests" });
    const controller = new AbortController();
    const signing = codedFailureOf(policy.signStream(Buffer.of(1), ALGORITHM, { signal: controller.signal }));
    const before = sent();
    while (sent() === before) await delay(2);
    controller.abort();
    expect(await signing).toMatchObject({ code: "ABORTED", attempts: 1 });
    emulator().clearFaults();
  });

  it("may be shared by many calls, and leaves no listener behind", async () => {
    const controller = new AbortController();
    const { signal } = controller;
    let listeners = 0;
    const { addEventListener, removeEventListener } = signal;
    signal.addEventListener = (...args: Parameters<typeof addEventListener>) => {
      listeners += 1;
      return addEventListener.apply(signal, args);
    };
    signal.removeEventListener = (...args: Parameters<typeof removeEventListener>) => {
      listeners -= 1;
      return removeEventListener.apply(signal, args);
    };
    const path = await fileOf(randomBytes(2 * MIB));
    await Promise.all(Array.from({ length: 20 }, () => policy.signStream(path, ALGORITHM, { signal })));
    expect(listeners).toBeLessThanOrEqual(0);
  });
});
