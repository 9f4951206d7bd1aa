import { truncateSync, writeFileSync } from "node:fs";
import { open } from "node:fs/promises";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { BegunRecord, JournalRecord } from "../../../src/cli/sign/journal/record.js";
import { decodeRecord, encodeRecord } from "../../../src/cli/sign/journal/record.js";
import { replay } from "../../../src/cli/sign/journal/replay.js";
import { useEmulator } from "../../support/emulator.js";
import { assertProperty } from "../../support/properties.js";
import { temporaryFolder } from "../../support/temporary.js";
import { signpath, submissions } from "../support.js";
import { JOURNAL, journalText, manyFiles, signing, timesSigned } from "./support.js";

const emulator = useEmulator();
const folder = temporaryFolder();

const digest = fc.stringMatching(/^[0-9a-f]{64}$/);
const begun: fc.Arbitrary<Omit<BegunRecord, "n">> = fc.record({
  kind: fc.constant("begun" as const),
  file: fc.string({ unit: "grapheme" }),
  output: fc.string(),
  digest,
  policy: fc.string(),
  certificate: digest,
  format: fc.constantFrom("cms", "raw"),
  recipe: digest,
});

/** A journal as a batch leaves it. */
const journal: fc.Arbitrary<readonly JournalRecord[]> = fc
  .array(fc.tuple(begun, fc.constantFrom("done", "failed", "open", "made"), digest), {
    minLength: 1,
    maxLength: 6,
  })
  .map((attempts) => [
    { kind: "journal", version: 1, tool: "0.0.0", at: "now" },
    ...attempts.flatMap(([facts, end, output], n): JournalRecord[] => [
      { ...facts, n },
      ...(end === "made" ? [{ kind: "made" as const, n, output }] : []),
      ...(end === "done" ? [{ kind: "done" as const, n, output, bytes: 1 }] : []),
      ...(end === "failed" ? [{ kind: "failed" as const, n, code: "TIMEOUT", perhapsSigned: true }] : []),
    ]),
  ]);

async function read(bytes: Uint8Array): Promise<{ readonly length: number; readonly torn: number }> {
  const path = join(folder, "fuzzed");
  writeFileSync(path, bytes);
  const file = await open(path, "r");
  try {
    return await replay(path, file);
  } finally {
    await file.close();
  }
}

test("a record is read as it was written", () => {
  assertProperty(
    fc.property(journal, (records) => {
      for (const record of records) expect(decodeRecord(encodeRecord(record).trimEnd())).toEqual(record);
    }),
  );
});

test("a journal that is cut off anywhere is whole up to its last whole line", async () => {
  await assertProperty(
    fc.asyncProperty(journal, fc.nat(), async (records, at) => {
      const bytes = Buffer.from(records.map(encodeRecord).join(""));
      const cut = bytes.subarray(0, at % (bytes.length + 1));
      const whole = cut.lastIndexOf(0x0a) + 1;
      expect(await read(cut)).toMatchObject({ length: whole, torn: cut.length - whole });
    }),
  );
});

test("a bit that tips in a line with another one behind it is found, with the number of the line", async () => {
  await assertProperty(
    fc.asyncProperty(journal, fc.nat(), fc.integer({ min: 0, max: 7 }), async (records, at, bit) => {
      const lines = records.map((record) => Buffer.from(encodeRecord(record)));
      const bytes = Buffer.concat(lines);
      const last = lines.at(-1)?.length ?? 0;
      const first = lines[0]?.length ?? 0;
      // Without the line feed before it, the last line would be part of the damaged one, and none be behind that.
      const index = first + (at % Math.max(1, bytes.length - last - 1 - first));
      fc.pre(records.length > 2);
      bytes.writeUInt8(bytes.readUInt8(index) ^ (1 << bit), index);
      await expect(read(bytes)).rejects.toMatchObject({ code: "JOURNAL_INVALID" });
    }),
  );
});

describe("a journal", () => {
  test("whose end is torn is cut, told of, and gone on with", async () => {
    const cwd = temporaryFolder();
    const names = manyFiles(cwd, 3);
    await signpath(signing(names, "--jobs", "1"), { emulator: emulator(), cwd });
    truncateSync(join(cwd, JOURNAL), journalText(cwd).length - 20);
    const { status, stderr } = await signpath(signing(names), { emulator: emulator(), cwd });
    expect([status, stderr]).toEqual([
      0,
      expect.stringMatching(/warning: the end of journal was torn.*\d+ bytes were cut off/),
    ]);
    expect(timesSigned(emulator(), cwd, names)).toEqual([1, 1, 1]);
    expect(
      journalText(cwd)
        .split("\n")
        .slice(0, -1)
        .every((line) => decodeRecord(line) !== undefined),
    ).toBe(true);
  });

  test("that is damaged or of another version is left as it is, and nothing is signed", async () => {
    const cwd = temporaryFolder();
    const names = manyFiles(cwd, 2);
    await signpath(signing(names), { emulator: emulator(), cwd });
    const good = journalText(cwd);
    const lines = good.split("\n");
    const head = encodeRecord({
      kind: "journal",
      version: 2,
      tool: "9.9.9",
      at: "",
    } as unknown as JournalRecord);
    for (const [text, message] of [
      [lines.with(2, `${lines[2]?.replace("file-", "fake-")}`).join("\n"), "journal is damaged: line 3"],
      [lines.with(0, head.trimEnd()).join("\n"), "another version: 2, made by signpath-webcrypto 9.9.9"],
    ] as const) {
      const before = submissions(emulator());
      writeFileSync(join(cwd, JOURNAL), text);
      const { status, stderr } = await signpath(signing(names), { emulator: emulator(), cwd });
      expect([status, stderr]).toEqual([1, expect.stringContaining(message)]);
      expect([journalText(cwd), submissions(emulator())]).toEqual([text, before]);
    }
  });

  test("in a folder that is not there is an error before anything is sent", async () => {
    const cwd = temporaryFolder();
    const names = manyFiles(cwd, 1);
    const args = signing(names).map((arg) => (arg === JOURNAL ? "nowhere/journal" : arg));
    const { status, stderr } = await signpath(args, { emulator: emulator(), cwd });
    expect([status, stderr]).toEqual([3, expect.stringContaining("nowhere/journal cannot be written")]);
  });
});
