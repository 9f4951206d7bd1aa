import { open } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import { useEmulator } from "../support/emulator.js";
import { run } from "../support/run.js";
import { temporaryFolder } from "../support/temporary.js";

const MIB = 1024 * 1024;
const FILE_MIB = 384;
/** What signing the file may take beyond what signing a few bytes took; a third of the file. */
const MOST_MIB = 128;

/** Signs a few bytes, then the file, and prints by how much the resident set grew at most meanwhile. */
const SCRIPT = `
  import { SignPath } from "signpath-webcrypto";
  import { signCms } from "signpath-webcrypto/cms";
  const signpath = new SignPath();
  const policy = await signpath.policy("demo/p-256");
  await signCms(new Uint8Array(10), { policy });
  const before = process.memoryUsage.rss();
  let most = before;
  const timer = setInterval(() => { most = Math.max(most, process.memoryUsage.rss()); }, 2);
  await signCms(process.argv[1], { policy });
  clearInterval(timer);
  console.log(Math.max(most, process.memoryUsage.rss()) - before);
  await signpath.close();
`;

const emulator = useEmulator();

it("a detached signature of a large file takes little memory", async () => {
  const path = join(temporaryFolder(), "large");
  const file = await open(path, "w");
  await file.truncate(FILE_MIB * MIB);
  await file.close();
  const result = await run(process.execPath, ["--input-type=module", "--eval", SCRIPT, path], {
    env: { ...process.env, ...emulator().environment },
  });
  expect(result.stderr).toBe("");
  expect(Number(result.stdout) / MIB).toBeLessThan(MOST_MIB);
  expect(result.stdout).toMatch(/^\d+\n$/);
});
