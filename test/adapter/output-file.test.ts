import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import { OutputFile } from "../../src/adapter/output-file.js";
import { failureOf } from "../support/failure.js";
import { temporaryFolder } from "../support/temporary.js";

it("holds what was appended, in small and large pieces, only after its commit", async () => {
  const folder = temporaryFolder();
  const path = join(folder, "result");
  await writeFile(path, "before");
  const output = await OutputFile.open(path);
  const pieces = [1, 1000, 256 * 1024, 300 * 1024, 7, 255 * 1024, 2048].map((length, index) =>
    Buffer.alloc(length, index),
  );
  for (const piece of pieces) {
    const given = Buffer.from(piece);
    await output.append(given);
    given.fill(0xff);
  }
  expect(await readFile(path, "utf8")).toBe("before");
  await output.commit();
  await output.discard();
  expect(Buffer.compare(await readFile(path), Buffer.concat(pieces))).toBe(0);
  expect(await readdir(folder)).toEqual(["result"]);
});

it("leaves what was there, and nothing else, when it is discarded", async () => {
  const folder = temporaryFolder();
  const path = join(folder, "result");
  const output = await OutputFile.open(path);
  await output.append(Buffer.from("half"));
  await output.discard();
  await output.discard();
  expect(await readdir(folder)).toEqual([]);
});

it("is not opened where there is no folder, or something else than a file", async () => {
  const folder = temporaryFolder();
  expect(await failureOf(OutputFile.open(join(folder, "no/where")))).toMatchObject({ code: "ENOENT" });
  expect(await failureOf(OutputFile.open(folder))).toBeInstanceOf(TypeError);
});
