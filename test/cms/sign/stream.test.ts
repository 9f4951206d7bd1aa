import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import { createReadStream, readdirSync, readlinkSync } from "node:fs";
import { appendFile, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Readable, Writable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { ReadableStream as WebStream } from "node:stream/web";
import { setTimeout as delay } from "node:timers/promises";
import { pathToFileURL } from "node:url";
import { promisify } from "node:util";
import * as fc from "fast-check";
import { afterEach, describe, expect, it } from "vitest";
import type { SignCmsOptions } from "../../../src/cms/index.js";
import { signCms, signCmsStream } from "../../../src/cms/index.js";
import { pieces, piecesOf } from "../../../src/cms/sign/ber.js";
import type { SigningSource } from "../../../src/index.js";
import { useEmulator } from "../../support/emulator.js";
import { eventually } from "../../support/eventually.js";
import { codedFailureOf, failureOf } from "../../support/failure.js";
import { assertProperty } from "../../support/properties.js";
import { temporaryFolder } from "../../support/temporary.js";
import { testWith } from "../../support/verifiers.js";
import { CONTENT, OpensslCms, sentTo, useSignPath } from "../support.js";

const MIB = 1024 * 1024;

/** How many times this process has that file open; 0 where the system does not tell. */
function timesOpen(file: string): number {
  if (process.platform !== "linux") return 0;
  const targets = readdirSync("/proc/self/fd").map((fd) => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`);
    } catch {
      return "";
    }
  });
  return targets.filter((target) => target === file).length;
}

async function read(stream: ReadableStream<Uint8Array>): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  // Kept, and looked at afterwards only: a chunk must not be used again for the next one.
  for await (const chunk of stream) chunks.push(chunk);
  return Buffer.concat(chunks);
}

describe("signCmsStream", () => {
  const emulator = useEmulator();
  const signpath = useSignPath(emulator);
  const cms = new OpensslCms(emulator);
  const folder = temporaryFolder();
  const path = join(folder, "content");
  const signingTime = new Date("2031-05-06T07:08:09Z");

  afterEach(() => emulator().clearFaults());

  /** PKCS#1: the same signature each time. */
  const optionsOf = async (more: Partial<SignCmsOptions> = {}): Promise<SignCmsOptions> => ({
    policy: await signpath().policy("demo/rsa-2048"),
    certificates: [emulator().intermediateCertificate],
    detached: false,
    signingTime,
    ...more,
  });
  const fileOf = async (content: Uint8Array): Promise<string> => {
    await writeFile(path, content);
    return path;
  };

  const once: [string, (content: Buffer) => SigningSource | Promise<SigningSource>][] = [
    ["a stream of Node", (content) => Readable.from([content.subarray(0, 70_000), content.subarray(70_000)])],
    ["a stream of a file", async (content) => createReadStream(await fileOf(content))],
    ["a web stream", (content) => new Blob([new Uint8Array(content)]).stream()],
    [
      "an async iterable",
      async function* (content) {
        for (let begin = 0; begin < content.length; begin += 33_333)
          yield content.subarray(begin, begin + 33_333);
      },
    ],
  ];
  const twice: typeof once = [
    ["bytes", (content) => new Uint8Array(content)],
    ["a DataView", (content) => new DataView(new Uint8Array([9, ...content, 9]).buffer, 1, content.length)],
    ["a Blob", (content) => new Blob([new Uint8Array(content)])],
    ["the path of a file", fileOf],
    ["the URL of a file", async (content) => pathToFileURL(await fileOf(content))],
  ];

  it.each(twice)("gives the bytes of signCms, DER unless asked for BER, of %s", async (_title, sourceOf) => {
    for (const length of [0, 1, 300_001, 2 * MIB]) {
      const content = randomBytes(length);
      const source = await sourceOf(content);
      for (const more of [
        {},
        { encoding: "der" as const },
        { encoding: "ber" as const },
        { detached: true },
      ]) {
        const options = await optionsOf(more);
        const streamed = await read(signCmsStream(source, options));
        expect(streamed.equals(await signCms(source, options))).toBe(true);
      }
    }
  });

  it.each(once)("gives BER, and detached the bytes of signCms, of %s", async (_title, sourceOf) => {
    for (const length of [0, 1, 300_001, 2 * MIB]) {
      const content = randomBytes(length);
      const options = await optionsOf({ encoding: "ber" });
      const expected = await signCms(content, options);
      expect((await read(signCmsStream(await sourceOf(content), options))).equals(expected)).toBe(true);
      const unasked = await read(signCmsStream(await sourceOf(content), await optionsOf()));
      expect(unasked.equals(expected)).toBe(true);
      const detached = await optionsOf({ detached: true });
      const signed = await read(signCmsStream(await sourceOf(content), detached));
      expect(signed.equals(await signCms(content, detached))).toBe(true);
    }
  });

  testWith("openssl", "makes what openssl accepts, DER and BER, with several signers", async () => {
    const content = randomBytes(3 * MIB + 7);
    const signers = await Promise.all(
      ["p-256", "rsa-3072"].map(async (slug) => ({ policy: await signpath().policy(`demo/${slug}`) })),
    );
    const { policy: _policy, ...options } = await optionsOf({ signers });
    for (const source of [content, Readable.from([content])]) {
      const signed = await read(signCmsStream(source, options));
      expect((await cms.verify(signed, undefined, "-cades")).equals(content)).toBe(true);
    }
  });

  testWith("openssl", "reads a pipe, which has a path, once", async () => {
    const pipe = join(folder, "pipe");
    await promisify(execFile)("mkfifo", [pipe]);
    const writing = writeFile(pipe, CONTENT);
    const signed = await read(signCmsStream(pipe, await optionsOf()));
    await writing;
    expect(await cms.verify(signed, undefined)).toEqual(CONTENT);
    const failure = await codedFailureOf(read(signCmsStream(pipe, await optionsOf({ encoding: "der" }))));
    expect(failure).toMatchObject({ code: "REQUEST_REJECTED", attempts: 0 });
  });

  it("refuses DER of what can be read only once, before anything is read or sent", async () => {
    const before = sentTo(emulator());
    const source = {
      [Symbol.asyncIterator](): AsyncIterator<Uint8Array> {
        throw new Error("it was read");
      },
    };
    const failure = await codedFailureOf(read(signCmsStream(source, await optionsOf({ encoding: "der" }))));
    expect(failure).toMatchObject({ code: "REQUEST_REJECTED", stage: "cms", attempts: 0 });
    expect(failure.message).toMatch(/"ber".*signCms/);
    expect(sentTo(emulator())).toBe(before);
  });

  it("fails with the errors of signCms", async () => {
    const options = await optionsOf();
    expect(await failureOf(read(signCmsStream(join(folder, "missing"), options)))).toMatchObject({
      code: "ENOENT",
    });
    expect(await failureOf(read(signCmsStream(folder, options)))).toMatchObject({ code: "EISDIR" });
    for (const nothing of [undefined, null, 5, {}])
      expect(await failureOf(read(signCmsStream(nothing as never, options)))).toBeInstanceOf(TypeError);
    const bad = { ...options, profile: "none" } as unknown as SignCmsOptions;
    expect(await codedFailureOf(read(signCmsStream(CONTENT, bad)))).toMatchObject({ code: "CONFIG_INVALID" });
    const broken = new Error("the disk is on fire");
    const failing = async function* (): AsyncGenerator<Uint8Array> {
      yield CONTENT;
      throw broken;
    };
    expect(await failureOf(read(signCmsStream(failing(), options)))).toBe(broken);
  });

  it.each<[string, (file: string) => Promise<void>]>([
    ["changed", async (file) => writeFile(file, randomBytes(3 * MIB))],
    ["longer", async (file) => appendFile(file, "x")],
    ["shorter", async (file) => truncate(file, 3 * MIB - 1)],
    ["empty", async (file) => truncate(file, 0)],
  ])("is not finished where the content is %s the second time", async (_title, change) => {
    const file = await fileOf(randomBytes(3 * MIB));
    const whole = (await read(signCmsStream(file, await optionsOf()))).length;
    const reader = signCmsStream(file, await optionsOf()).getReader();
    const first = await reader.read();
    let length = first.value?.length ?? 0;
    await change(file);
    const rest = async (): Promise<void> => {
      for (;;) {
        const { done, value } = await reader.read();
        if (done) return;
        length += value.length;
      }
    };
    const failure = await codedFailureOf(rest());
    expect(failure).toMatchObject({ code: "REQUEST_REJECTED", stage: "cms", retryable: true });
    expect(failure.message).toMatch(/content changed/);
    expect(length).toBeLessThan(whole - 1000);
  });

  it("reads nothing before it is read, and closes the source when it is cancelled", async () => {
    const before = sentTo(emulator());
    let [asked, closed] = [0, false];
    const source = async function* (): AsyncGenerator<Uint8Array> {
      try {
        for (;;) {
          asked += 1;
          yield Buffer.alloc(MIB);
        }
      } finally {
        closed = true;
      }
    };
    const stream = signCmsStream(source(), await optionsOf());
    await delay(20);
    expect(asked).toBe(0);
    const reader = stream.getReader();
    await reader.read();
    await reader.read();
    await reader.cancel("enough");
    await eventually(() => expect(closed).toBe(true));
    expect(asked).toBeLessThan(4);
    expect(sentTo(emulator())).toBe(before);
  });

  it("has no file open once it was aborted or cancelled, also where nobody reads it any more", async () => {
    const file = await fileOf(randomBytes(3 * MIB));
    for (const encoding of ["der", "ber"] as const) {
      for (const reads of [1, 2, 3, 6]) {
        const controller = new AbortController();
        const stream = signCmsStream(file, await optionsOf({ encoding, signal: controller.signal }));
        const reader = stream.getReader();
        for (let count = 0; count < reads; count++) await reader.read();
        controller.abort(new Error("no more"));
        await eventually(() => expect(timesOpen(file)).toBe(0));
        const failure = await codedFailureOf(reader.read());
        expect(failure).toMatchObject({ code: "ABORTED", stage: "cms" });
        expect(failure.message).toContain("no more");
        const cancelled = signCmsStream(file, await optionsOf({ encoding })).getReader();
        for (let count = 0; count < reads; count++) await cancelled.read();
        await cancelled.cancel();
        expect(timesOpen(file)).toBe(0);
      }
    }
  });

  it("fails where it is aborted before it is read, and sends nothing", async () => {
    const before = sentTo(emulator());
    const controller = new AbortController();
    const options = await optionsOf({ signal: controller.signal });
    const stream = signCmsStream(path, options);
    controller.abort(new Error("no more"));
    expect(await codedFailureOf(read(stream))).toMatchObject({ code: "ABORTED" });
    expect(await codedFailureOf(read(signCmsStream(CONTENT, options)))).toMatchObject({ code: "ABORTED" });
    expect(sentTo(emulator())).toBe(before);
  });

  it.each(["der", "ber"] as const)(
    "is never whole in a sink that fails or is left, as %s",
    async (encoding) => {
      const file = await fileOf(randomBytes(3 * MIB));
      const failing = (): Writable => {
        let writes = 0;
        return new Writable({
          highWaterMark: 1,
          write(_chunk, _encoding, callback) {
            writes += 1;
            setImmediate(callback, writes === 4 ? new Error("the sink is full") : undefined);
          },
        });
      };
      const web = (): WritableStream => Writable.toWeb(failing());
      const options = await optionsOf({ encoding });
      const ways: readonly (() => Promise<unknown>)[] = [
        () => pipeline(signCmsStream(file, options), failing()),
        () => pipeline(Readable.fromWeb(signCmsStream(file, options) as WebStream), failing()),
        () => signCmsStream(file, options).pipeTo(web()),
      ];
      for (const way of ways) {
        expect(await failureOf(way())).toMatchObject({ message: "the sink is full" });
        await eventually(() => expect(timesOpen(file)).toBe(0));
      }
      for await (const _chunk of signCmsStream(file, options)) break;
      await eventually(() => expect(timesOpen(file)).toBe(0));
      const controller = new AbortController();
      const aborting = new Writable({
        highWaterMark: 1,
        write(_chunk, _encoding, callback) {
          controller.abort(new Error("enough"));
          setImmediate(callback);
        },
      });
      const aborted = signCmsStream(file, { ...options, signal: controller.signal });
      expect(await codedFailureOf(pipeline(aborted, aborting))).toMatchObject({ code: "ABORTED" });
      expect(aborting.writableFinished).toBe(false);
      await eventually(() => expect(timesOpen(file)).toBe(0));
    },
  );

  testWith("openssl", "makes the same of chunks of any length, kind and memory", async () => {
    const content = randomBytes(700_001);
    const shared = new Uint8Array(new SharedArrayBuffer(content.length));
    shared.set(content);
    const reused = async function* (): AsyncGenerator<Uint8Array> {
      const buffer = Buffer.alloc(999);
      for (let begin = 0; begin < content.length; begin += buffer.length) {
        yield buffer.subarray(0, content.copy(buffer, 0, begin));
        buffer.fill(0xee);
      }
    };
    const given = async function* (...chunks: Uint8Array[]): AsyncGenerator<Uint8Array> {
      yield* chunks;
    };
    const nothing = new Uint8Array(0);
    const sources: readonly SigningSource[] = [
      shared,
      given(shared),
      reused(),
      given(nothing, content.subarray(0, 5), nothing, nothing, content.subarray(5), nothing),
    ];
    for (const source of sources) {
      const signed = await read(signCmsStream(source, await optionsOf({ encoding: "ber" })));
      expect((await cms.verify(signed, undefined)).equals(content)).toBe(true);
    }
    const der = await read(signCmsStream(shared, await optionsOf()));
    expect((await cms.verify(der, undefined)).equals(content)).toBe(true);
  });

  it("refuses chunks that are no bytes, and memory that changes or goes away between two readings", async () => {
    const before = sentTo(emulator());
    for (const chunk of ["text", null, 5, new ArrayBuffer(5)]) {
      const source = (async function* () {
        yield CONTENT;
        yield chunk as never;
      })();
      expect(await failureOf(read(signCmsStream(source, await optionsOf())))).toBeInstanceOf(TypeError);
    }
    expect(sentTo(emulator())).toBe(before);
    const changing = new Uint8Array(new SharedArrayBuffer(700_000));
    const reader = signCmsStream(changing, await optionsOf()).getReader();
    await reader.read();
    changing[600_000] = 1;
    const rest = async (): Promise<void> => {
      while (!(await reader.read()).done);
    };
    expect(await codedFailureOf(rest())).toMatchObject({ code: "REQUEST_REJECTED", retryable: true });
    const leaving = new Uint8Array(700_000);
    const other = signCmsStream(leaving, await optionsOf()).getReader();
    await other.read();
    structuredClone(leaving.buffer, { transfer: [leaving.buffer] });
    expect(await failureOf(other.read())).toBeInstanceOf(TypeError);
  });

  it("ends a request that is on its way when it is cancelled or its signal is aborted", async () => {
    for (const by of ["cancel", "signal"] as const) {
      emulator().addFault({ kind: "silence", route: "signingRequests" });
      const controller = new AbortController();
      const stream = signCmsStream(CONTENT, await optionsOf({ signal: controller.signal }));
      const reader = stream.getReader();
      const reading = reader.read();
      const asked = emulator().requests.length;
      await eventually(() => expect(emulator().requests.length).toBeGreaterThan(asked));
      if (by === "signal") {
        controller.abort(new Error("no more"));
        expect(await codedFailureOf(reading)).toMatchObject({ code: "ABORTED" });
      } else {
        await reader.cancel();
        expect(await reading).toMatchObject({ done: true });
      }
      emulator().clearFaults();
    }
  });

  it("makes the same pieces however the content comes", async () => {
    await assertProperty(
      fc.asyncProperty(fc.array(fc.integer({ min: 0, max: 600_000 }), { maxLength: 6 }), async (lengths) => {
        const chunks = lengths.map((length) => randomBytes(length));
        const source = async function* (): AsyncGenerator<Uint8Array> {
          yield* chunks;
        };
        const made: Uint8Array[] = [];
        for await (const piece of piecesOf(source(), () => undefined)) made.push(piece);
        const whole = new Uint8Array(Buffer.concat(chunks));
        expect(Buffer.concat(made).equals(Buffer.concat(pieces(whole)))).toBe(true);
      }),
      { numRuns: 30 },
    );
  });
});
