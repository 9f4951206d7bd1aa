import { createHash, randomBytes } from "node:crypto";
import { createReadStream } from "node:fs";
import { chmod, mkdir, readdir, readlink, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { PassThrough, Readable } from "node:stream";
import { setTimeout as delay } from "node:timers/promises";
import { pathToFileURL } from "node:url";
import { describe, expect, it } from "vitest";
import { HASH_ALGORITHMS } from "../../src/key/hashes.js";
import type { SigningSource } from "../../src/policy/signing-policy.js";
import { digestSource } from "../../src/subtle/digest.js";
import { chunksOf } from "../../src/subtle/source.js";
import { codedFailureOf, failureOf } from "../support/failure.js";
import { run } from "../support/run.js";
import { temporaryFolder } from "../support/temporary.js";

const MIB = 1024 * 1024;
const isLinux = process.platform === "linux";
const isRoot = process.getuid?.() === 0;

const folder = temporaryFolder();
let files = 0;

async function fileOf(content: Uint8Array): Promise<string> {
  files += 1;
  const path = join(folder, `file ${files} äß#%.bin`);
  await writeFile(path, content);
  return path;
}

/** How many times this process has that file open; `undefined` where the system does not tell. */
async function timesOpen(path: string): Promise<number | undefined> {
  if (!isLinux) return undefined;
  const links = (await readdir("/proc/self/fd")).map((fd) => readlink(`/proc/self/fd/${fd}`).catch(() => ""));
  return (await Promise.all(links)).filter((target) => target === path).length;
}

const CLOSED = isLinux ? 0 : undefined;

async function digestOf(source: SigningSource, hash: "SHA-1" | "SHA-256" = "SHA-256"): Promise<string> {
  const algorithm = HASH_ALGORITHMS.get(hash);
  if (algorithm === undefined) throw new Error(hash);
  return Buffer.from(await digestSource(algorithm, source)).toString("hex");
}

function sha256(content: Uint8Array): string {
  return createHash("sha256").update(content).digest("hex");
}

async function collected(source: SigningSource): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of chunksOf(source)) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks);
}

async function* inPieces(content: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let start = 0; start < content.length; start += size) yield content.subarray(start, start + size);
}

const KINDS: readonly [string, (content: Buffer) => SigningSource | Promise<SigningSource>][] = [
  ["a Uint8Array", (content) => new Uint8Array(content)],
  ["an ArrayBuffer", (content) => new Uint8Array(content).buffer],
  [
    "a SharedArrayBuffer's view",
    (content) => {
      const view = new Uint8Array(new SharedArrayBuffer(content.length));
      view.set(content);
      return view;
    },
  ],
  [
    "a Buffer inside of a larger one",
    (content) => Buffer.concat([Buffer.of(1, 2, 3), content, Buffer.of(4)]).subarray(3, -1),
  ],
  [
    "a DataView that begins at an offset",
    (content) => new DataView(new Uint8Array([9, ...content, 9, 9]).buffer, 1, content.length),
  ],
  ["a Blob", (content) => new Blob([new Uint8Array(content)])],
  [
    "a part of a Blob",
    (content) => new Blob([new Uint8Array([5, ...content, 6])]).slice(1, content.length + 1),
  ],
  ["a web stream", (content) => new Blob([new Uint8Array(content)]).stream()],
  ["a stream of Node", (content) => Readable.from(inPieces(content, 1000))],
  ["a stream of a file", async (content) => createReadStream(await fileOf(content))],
  ["an async generator", (content) => inPieces(content, 999)],
  ["the path of a file", fileOf],
  ["the URL of a file", async (content) => pathToFileURL(await fileOf(content))],
];

describe("a source", () => {
  it.each(KINDS)("may be %s, of any length", async (_title, make) => {
    for (const length of [0, 1, 2, 65_536, 100_003]) {
      const content = randomBytes(length);
      expect(await digestOf(await make(content))).toBe(sha256(content));
      expect((await collected(await make(content))).equals(content)).toBe(true);
    }
  });

  it("may be a view of wider elements", async () => {
    const content = new Uint8Array(randomBytes(64));
    expect(await digestOf(new Float64Array(content.buffer, 16, 3))).toBe(sha256(content.subarray(16, 40)));
    expect(await digestOf(inPieces(content, 7))).toBe(sha256(content));
    const chunks = async function* (): AsyncGenerator<Uint8Array> {
      yield new Uint16Array(content.buffer, 2, 5) as never;
      yield new DataView(content.buffer, 12) as never;
    };
    expect(await digestOf(chunks())).toBe(sha256(content.subarray(2)));
  });

  it("may give empty chunks in between", async () => {
    const source = async function* (): AsyncGenerator<Uint8Array> {
      yield new Uint8Array();
      yield Buffer.from("a");
      yield new Uint8Array();
      yield Buffer.from("b");
    };
    expect(await digestOf(source())).toBe(sha256(Buffer.from("ab")));
  });

  it.each([MIB - 1, MIB, MIB + 1, 2 * MIB, 3 * MIB, 5 * MIB + 12_345])(
    "may be a file or a buffer of %d bytes, which is read in chunks",
    async (length) => {
      const content = randomBytes(length);
      const path = await fileOf(content);
      expect(await digestOf(path)).toBe(sha256(content));
      expect(await digestOf(content)).toBe(sha256(content));
      expect(await digestOf(content.subarray(1))).toBe(sha256(content.subarray(1)));
      expect(await digestOf(content, "SHA-1")).toBe(createHash("sha1").update(content).digest("hex"));
      expect(await timesOpen(path)).toBe(CLOSED);
    },
  );

  it("is read ahead of its consumer, without a change to the chunk that this one has", async () => {
    const content = randomBytes(4 * MIB + 7);
    let position = 0;
    for await (const chunk of chunksOf(await fileOf(content))) {
      await delay(20);
      const expected = content.subarray(position, position + chunk.length);
      expect(Buffer.compare(chunk, expected)).toBe(0);
      position += chunk.length;
    }
    expect(position).toBe(content.length);
  });

  it("is closed when the call fails that was aborted while it was read", async () => {
    const path = await fileOf(Buffer.alloc(1));
    await truncate(path, 400 * MIB);
    for (const patience of [0, 1, 5, 20]) {
      const controller = new AbortController();
      const algorithm = HASH_ALGORITHMS.get("SHA-256");
      if (algorithm === undefined) throw new Error("there is no SHA-256");
      const digest = digestSource(algorithm, path, controller.signal);
      setTimeout(() => controller.abort(new Error("too slow")), patience);
      expect(await codedFailureOf(digest)).toMatchObject({ code: "ABORTED" });
      expect(await timesOpen(path)).toBe(CLOSED);
    }
  });

  it("that gives nothing does not keep an aborted call waiting, and a stream of Node is destroyed", async () => {
    const silent = new PassThrough();
    const never: AsyncIterable<Uint8Array> = {
      [Symbol.asyncIterator]: () => ({
        next: () => new Promise<never>(() => undefined),
        return: () => new Promise<never>(() => undefined),
      }),
    };
    for (const source of [silent, never, new ReadableStream<Uint8Array>()]) {
      const controller = new AbortController();
      const reading = codedFailureOf(chunksOf(source, controller.signal).next());
      const begin = performance.now();
      controller.abort(new Error("too slow"));
      expect(await reading).toMatchObject({ code: "ABORTED" });
      expect(performance.now() - begin).toBeLessThan(5000);
    }
    expect(silent.destroyed).toBe(true);
  });

  it("is not a stream that was read to its end before, of which nothing is left", async () => {
    const node = Readable.from([Buffer.from("a")]);
    await collected(node);
    const web = new Blob(["a"]).stream();
    await collected(web);
    for (const used of [node, web]) {
      const failure = await failureOf(collected(used));
      expect(failure).toBeInstanceOf(TypeError);
      expect(failure).toMatchObject({ message: expect.stringMatching(/read to its end before/) });
    }
    expect(await collected(Readable.from([]))).toEqual(Buffer.alloc(0));
    const begun = new PassThrough();
    begun.end("abc");
    begun.read(1);
    expect(await collected(begun)).toEqual(Buffer.from("bc"));
  });

  it.skipIf(process.platform === "win32")("may be a pipe, which gives less than was asked for", async () => {
    const path = join(folder, "pipe");
    expect((await run("mkfifo", [path])).status).toBe(0);
    const script = 'for part in a b c; do printf "%s" "$part"; sleep 0.03; done > "$0"';
    const [digest] = await Promise.all([digestOf(path), run("sh", ["-c", script, path])]);
    expect(digest).toBe(sha256(Buffer.from("abc")));
  });

  it.each([
    ["nothing", undefined],
    ["null", null],
    ["a number", 5],
    ["an object", {}],
    ["an array", [1, 2, 3]],
    ["a function", () => undefined],
    ["an iterable that is not async", new Set([Buffer.from("a")])],
  ])("may not be %s", async (_title, source) => {
    const failure = await failureOf(digestOf(source as never));
    expect(failure).toBeInstanceOf(TypeError);
    expect(String(failure)).toMatch(
      /bytes, a Blob, a stream, an async iterable of bytes or the path of a file/,
    );
  });

  it.each([
    ["text", () => Readable.from(["text"])],
    ["text of a file", async () => createReadStream(await fileOf(Buffer.from("text")), "utf8")],
    ["numbers", () => Readable.from([1, 2])],
    ["objects", () => Readable.from([{}])],
    ["plain buffers", () => Readable.from([new ArrayBuffer(3)])],
  ])("may not give %s, and is closed where it does", async (_title, make) => {
    const stream = await make();
    const failure = await failureOf(digestOf(stream));
    expect(failure).toBeInstanceOf(TypeError);
    expect(String(failure)).toMatch(/chunks of bytes, not of text or objects/);
    expect(stream.destroyed).toBe(true);
  });
});

describe("a source that fails", () => {
  it.each([
    ["that is missing", () => join(folder, "missing"), "ENOENT"],
    ["with an empty name", () => "", "ENOENT"],
    ["below a file", async () => join(await fileOf(Buffer.of(1)), "below"), "ENOTDIR"],
    [
      "that is a directory",
      async () => {
        await mkdir(join(folder, "directory"), { recursive: true });
        return join(folder, "directory");
      },
      "EISDIR",
    ],
    ["with a zero byte in its name", () => "a\0b", "ERR_INVALID_ARG_VALUE"],
    ["elsewhere", () => new URL("https://example.test/file"), "ERR_INVALID_URL_SCHEME"],
  ])("passes the system's error on: a file %s", async (_title, path, code) => {
    const before = isLinux ? (await readdir("/proc/self/fd")).length : 0;
    expect(await failureOf(digestOf(await path()))).toMatchObject({ code });
    if (isLinux) expect((await readdir("/proc/self/fd")).length).toBeLessThanOrEqual(before);
  });

  it.skipIf(isRoot || process.platform === "win32")(
    "passes the system's error on: an unreadable file",
    async () => {
      const path = await fileOf(Buffer.from("secret"));
      await chmod(path, 0o200);
      expect(await failureOf(digestOf(path))).toMatchObject({ code: "EACCES" });
    },
  );

  it.runIf(isLinux)("closes a file that was opened but cannot be read", async () => {
    // Its first page is never there.
    expect(await failureOf(digestOf("/proc/self/mem"))).toMatchObject({ code: "EIO", syscall: "read" });
    expect(await timesOpen(`/proc/${process.pid}/mem`)).toBe(0);
  });

  it("passes its error on as it is", async () => {
    for (const broken of [new Error("the disk is on fire"), "text", undefined]) {
      const generator = async function* (): AsyncGenerator<Uint8Array> {
        yield Buffer.from("a");
        throw broken;
      };
      expect(await failureOf(digestOf(generator()))).toBe(broken);
      const web = new ReadableStream<Uint8Array>({ pull: (controller) => controller.error(broken) });
      expect(await failureOf(digestOf(web))).toBe(broken);
    }
    const broken = new Error("reset");
    const stream = new Readable({
      read() {
        this.destroy(broken);
      },
    });
    expect(await failureOf(digestOf(stream))).toBe(broken);
  });
});

describe("a source that is not read to its end", () => {
  it("is closed: a file", async () => {
    const path = await fileOf(randomBytes(4 * MIB));
    for await (const chunk of chunksOf(path)) {
      expect(chunk).toHaveLength(MIB);
      expect(await timesOpen(path)).toBe(isLinux ? 1 : undefined);
      break;
    }
    expect(await timesOpen(path)).toBe(CLOSED);
    const read = async (): Promise<void> => {
      for await (const _chunk of chunksOf(path)) throw new Error("enough");
    };
    expect(await failureOf(read())).toMatchObject({ message: "enough" });
    expect(await timesOpen(path)).toBe(CLOSED);
  });

  it("is closed: a generator, a stream of Node, a web stream", async () => {
    let closed = 0;
    const generator = async function* (): AsyncGenerator<Uint8Array> {
      try {
        for (;;) yield Buffer.from("a");
      } finally {
        closed += 1;
      }
    };
    const node = Readable.from(generator());
    const web = new ReadableStream<Uint8Array>({
      pull: (controller) => controller.enqueue(Buffer.from("a")),
      cancel: () => {
        closed += 1;
      },
    });
    for (const source of [generator(), node, web]) {
      for await (const _chunk of chunksOf(source)) break;
    }
    await delay(5);
    expect(closed).toBe(3);
    expect(node.destroyed).toBe(true);
  });

  it("is closed where the signal is aborted, and nothing is read after that", async () => {
    const path = await fileOf(randomBytes(5 * MIB));
    const controller = new AbortController();
    let chunks = 0;
    const read = async (): Promise<void> => {
      for await (const _chunk of chunksOf(path, controller.signal)) {
        chunks += 1;
        if (chunks === 2) controller.abort(new Error("changed my mind"));
      }
    };
    const failure = await codedFailureOf(read());
    expect(failure).toMatchObject({ code: "ABORTED", stage: "sign", attempts: 0, retryable: false });
    expect(failure.message).toMatch(/while its source was read: changed my mind/);
    expect(failure.cause).toBe(controller.signal.reason);
    expect(chunks).toBe(2);
    expect(await timesOpen(path)).toBe(CLOSED);
  });
});
