import { crc32, deflateRawSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { signJarBytes } from "../../src/toolkit/jar/index.js";
import { sentTo, useSignPath } from "../cms/support.js";
import { useEmulator } from "../support/emulator.js";
import { codedFailureOf } from "../support/failure.js";
import { zipOf } from "./jar-support.js";

const emulator = useEmulator();
const signpath = useSignPath(emulator);

/** What the headers of an entry say, and its data as it is in the archive. */
interface RawEntry {
  readonly method: number;
  readonly checksum: number;
  readonly length: number;
  readonly data: Uint8Array;
}

/** An archive of one entry, whose headers say what they are told. */
function archiveOf({ method, checksum, length, data }: RawEntry): Buffer {
  const name = Buffer.from("entry.bin");
  const common = Buffer.alloc(26);
  common.writeUInt16LE(20, 0);
  common.writeUInt16LE(method, 4);
  common.writeUInt32LE(checksum, 10);
  common.writeUInt32LE(data.length, 14);
  common.writeUInt32LE(length, 18);
  common.writeUInt16LE(name.length, 22);
  const local = Buffer.concat([Buffer.from("PK\x03\x04", "latin1"), common, name, data]);
  const version = Buffer.from([20, 0]);
  const central = Buffer.concat([
    ...[Buffer.from("PK\x01\x02", "latin1"), version, common, Buffer.alloc(14), name],
  ]);
  const end = Buffer.alloc(22);
  end.write("PK\x05\x06", "latin1");
  end.writeUInt16LE(1, 8);
  end.writeUInt16LE(1, 10);
  end.writeUInt32LE(central.length, 12);
  end.writeUInt32LE(local.length, 16);
  return Buffer.concat([local, central, end]);
}

function entryOf(content: Buffer, method: number): RawEntry {
  const data = method === 8 ? deflateRawSync(content) : content;
  return { method, checksum: crc32(content), length: content.length, data };
}

function flipped(data: Uint8Array): Buffer {
  const changed = Buffer.from(data);
  const middle = changed.length >> 1;
  changed[middle] = (changed[middle] ?? 0) ^ 1;
  return changed;
}

// Small entries are read in another way than large ones.
for (const [size, bytes] of [
  ["small", 5000],
  ["large", 700_000],
] as const) {
  for (const [kind, method] of [
    ["stored", 0],
    ["deflated", 8],
  ] as const) {
    describe(`a ${size} ${kind} entry`, () => {
      const entry = entryOf(
        Buffer.from(Array.from({ length: bytes }, (_, index) => (index * index) >> 3)),
        method,
      );
      const sign = async (raw: RawEntry): Promise<Uint8Array> =>
        signJarBytes(archiveOf(raw), { policy: await signpath().policy("demo/p-256") });

      it("is signed as it is", async () => {
        expect((await sign(entry)).length).toBeGreaterThan(entry.data.length);
      });

      it.each<[string, Partial<RawEntry>]>([
        ["with a bit that has changed", { data: flipped(entry.data) }],
        ["with another checksum", { checksum: (entry.checksum ^ 0x8000_0001) >>> 0 }],
        ["that says that it is shorter", { length: entry.length - 1 }],
        ["that says that it is longer", { length: entry.length + 1 }],
        ["that says that it is empty", { length: 0 }],
        ["that is cut off", { data: entry.data.subarray(0, -2) }],
        ["with something behind its data", { data: Buffer.concat([entry.data, Buffer.of(1, 2, 3)]) }],
        ["without data", { data: Buffer.alloc(0) }],
      ])("is refused %s, and nothing is sent", async (_title, change) => {
        const before = sentTo(emulator());
        const error = await codedFailureOf(sign({ ...entry, ...change }));
        expect(error.code).toBe("REQUEST_REJECTED");
        expect(error.message).toContain('the entry "entry.bin" cannot be read: ');
        expect(sentTo(emulator())).toBe(before);
      });
    });
  }
}

it("is read no further after an abort, however small the entries are", async () => {
  const policy = await signpath().policy("demo/p-256");
  const archive = await zipOf(Array.from({ length: 1000 }, (_, index) => [`${index}.txt`, "text"] as const));
  const before = sentTo(emulator());
  const controller = new AbortController();
  const signing = codedFailureOf(signJarBytes(archive, { policy, signal: controller.signal }));
  setImmediate(() => controller.abort());
  expect((await signing).code).toBe("ABORTED");
  expect(sentTo(emulator())).toBe(before);
});
