import { spawnSync } from "node:child_process";
import { appendFileSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { readSmall } from "../../../src/cli/sign/small-file.js";
import { handedOver } from "../../support/handed-over.js";
import { temporaryFolder } from "../../support/temporary.js";

describe("a small file", () => {
  it("is read as a whole, through a link as well, and asks another thread once", async () => {
    const path = join(temporaryFolder(), "a");
    const content = Buffer.alloc(256 * 1024, "content");
    writeFileSync(path, content);
    symlinkSync(path, `${path}-link`);
    const { result, requests } = await handedOver(() => readSmall(`${path}-link`));
    expect(content.equals(result?.bytes ?? Buffer.alloc(0))).toBe(true);
    expect(result?.stats.size).toBe(256n * 1024n);
    expect(requests).toBe(1);
  });

  it("is none where it is larger, of another length than it says, missing or not regular", async () => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, "large"), Buffer.alloc(256 * 1024 + 1));
    mkdirSync(join(folder, "folder"));
    const paths = ["large", "folder", "missing"].map((name) => join(folder, name));
    if (process.platform === "linux") {
      expect(spawnSync("mkfifo", [join(folder, "pipe")]).status).toBe(0);
      paths.push(join(folder, "pipe"), "/proc/self/status", "/dev/zero");
    }
    for (const path of paths) expect(await readSmall(path), path).toBeUndefined();
  });

  it("is none while somebody adds to it", async () => {
    const path = join(temporaryFolder(), "a");
    writeFileSync(path, "before");
    const reading = readSmall(path);
    appendFileSync(path, " and after");
    const read = await reading;
    // The other thread may have been faster.
    if (read !== undefined) expect(Buffer.from(read.bytes).toString()).toBe("before");
  });
});
