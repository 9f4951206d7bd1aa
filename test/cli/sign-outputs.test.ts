import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { useEmulator } from "../support/emulator.js";
import { run } from "../support/run.js";
import { canMount, smallDisk } from "../support/small-disk.js";
import { temporaryFolder } from "../support/temporary.js";
import { fill, MAIN, namesIn, PERMISSIONS_COUNT, signpath, start, submissions } from "./support.js";

const emulator = useEmulator();
const SIGN = ["sign", "--policy", "demo/p-256"];

describe("the output", () => {
  test("replaces an existing one, and keeps its mode", async () => {
    const cwd = fill(temporaryFolder(), { data: "x", "data.p7s": "older" });
    chmodSync(join(cwd, "data.p7s"), 0o640);
    expect((await signpath([...SIGN, "data"], { emulator: emulator(), cwd })).status).toBe(0);
    expect(readFileSync(join(cwd, "data.p7s"))[0]).toBe(0x30);
    expect(statSync(join(cwd, "data.p7s")).mode & 0o777).toBe(0o640);
    expect(namesIn(cwd)).toEqual(["data", "data.p7s"]);
  });

  test("that is new has the mode of any new file", async () => {
    const cwd = fill(temporaryFolder(), { data: "x" });
    expect((await signpath([...SIGN, "data"], { emulator: emulator(), cwd })).status).toBe(0);
    expect(statSync(join(cwd, "data.p7s")).mode).toBe(statSync(join(cwd, "data")).mode);
  });

  test("that is a symbolic link is written where the link points", async () => {
    const cwd = fill(temporaryFolder(), { data: "x" });
    fill(join(cwd, "real"), { "signature.p7s": "older" });
    symlinkSync("real/signature.p7s", join(cwd, "data.p7s"));
    expect((await signpath([...SIGN, "data"], { emulator: emulator(), cwd })).status).toBe(0);
    expect(lstatSync(join(cwd, "data.p7s")).isSymbolicLink()).toBe(true);
    expect(readFileSync(join(cwd, "real", "signature.p7s"))[0]).toBe(0x30);
    expect(namesIn(join(cwd, "real"))).toEqual(["signature.p7s"]);
  });

  test("can be named, or its folder", async () => {
    const cwd = fill(temporaryFolder(), { data: "x" });
    mkdirSync(join(cwd, "existing"));
    const outs = ["named", "existing", "made/deeply/"];
    for (const out of outs) {
      expect((await signpath([...SIGN, "data", "--out", out], { emulator: emulator(), cwd })).status).toBe(0);
    }
    for (const path of ["named", "existing/data.p7s", "made/deeply/data.p7s"]) {
      expect(existsSync(join(cwd, path))).toBe(true);
    }
  });

  test("can have a name as long as names may be", async () => {
    const name = "n".repeat(251);
    const cwd = fill(temporaryFolder(), { [name]: "x" });
    expect((await signpath([...SIGN, name], { emulator: emulator(), cwd })).status).toBe(0);
    expect(namesIn(cwd)).toEqual([name, `${name}.p7s`]);
  });

  test.runIf(existsSync("/dev/stdout"))("can be a device, which stays one", async () => {
    const cwd = fill(temporaryFolder(), { data: "x" });
    const env = { PATH: process.env["PATH"], ...emulator().environment };
    const script = `"$0" "$@" --out /dev/stdout | cat`;
    const { output } = await run("sh", ["-c", script, process.execPath, MAIN, ...SIGN, "data"], { cwd, env });
    expect(output[0]).toBe(0x30);
    expect(existsSync("/dev/stdout")).toBe(true);
  });
});

test("a reader of stdout who has left is a failure where the signature was meant for him", async () => {
  const cwd = fill(temporaryFolder(), { data: "x" });
  const running = start([...SIGN, "data", "--out", "-"], { emulator: emulator(), cwd });
  running.child.stdout?.destroy();
  const { status, stderr } = await running.ended;
  expect(status).toBe(3);
  expect(stderr).toContain("stdout cannot be written: nobody reads it any more (EPIPE)");
});

describe("an output that cannot be written costs no signature and exits with 3", () => {
  async function unwritable(
    cwd: string,
    args: readonly string[],
    unprivileged = false,
  ): Promise<{ stderr: string; names: string[] }> {
    const before = submissions(emulator());
    const result = await signpath([...SIGN, ...args], { emulator: emulator(), cwd, unprivileged });
    expect(result.status).toBe(3);
    expect(result.stderr).toContain("OUTPUT_UNWRITABLE");
    expect(submissions(emulator())).toBe(before);
    return { stderr: result.stderr, names: namesIn(cwd) };
  }

  test("a folder that does not exist", async () => {
    const cwd = fill(temporaryFolder(), { data: "x" });
    const { stderr } = await unwritable(cwd, ["data", "--out", "nowhere/data.p7s"]);
    expect(stderr).toContain("nowhere/data.p7s cannot be written: its folder does not exist");
  });

  test.runIf(PERMISSIONS_COUNT)("a folder without the permission", async () => {
    const cwd = fill(temporaryFolder(), { data: "x" });
    chmodSync(cwd, 0o555);
    const { stderr, names } = await unwritable(cwd, ["data"], true);
    expect(stderr).toContain("data.p7s cannot be written: permission denied (EACCES)");
    expect(names).toEqual(["data"]);
  });

  test.runIf(PERMISSIONS_COUNT)("an existing file that is read-only", async () => {
    const cwd = fill(temporaryFolder(), { data: "x", "data.p7s": "older" });
    chmodSync(join(cwd, "data.p7s"), 0o444);
    const { stderr, names } = await unwritable(cwd, ["data"], true);
    expect(stderr).toContain("data.p7s cannot be written: permission denied (EACCES)");
    expect(names).toEqual(["data", "data.p7s"]);
    expect(readFileSync(join(cwd, "data.p7s"), "utf8")).toBe("older");
  });

  test("a directory of that name", async () => {
    const cwd = fill(temporaryFolder(), { data: "x" });
    mkdirSync(join(cwd, "data.p7s"));
    const { stderr } = await unwritable(cwd, ["data"]);
    expect(stderr).toContain("data.p7s cannot be written: it is a directory (EISDIR)");
  });

  test("a file where the folder should be", async () => {
    const cwd = fill(temporaryFolder(), { data: "x" });
    const { stderr } = await unwritable(cwd, ["data", "--out", "data/inside"]);
    expect(stderr).toContain("a part of its path is not a directory (ENOTDIR)");
  });

  test("the others are signed all the same", async () => {
    const cwd = fill(temporaryFolder(), { one: "1", two: "2" });
    mkdirSync(join(cwd, "one.p7s"));
    const before = submissions(emulator());
    const { status, stderr } = await signpath([...SIGN, "one", "two"], { emulator: emulator(), cwd });
    expect(status).toBe(3);
    expect(stderr).toContain("1 signed, 1 failed");
    expect(submissions(emulator()) - before).toBe(1);
    expect(namesIn(cwd)).toEqual(["one", "one.p7s", "two", "two.p7s"]);
  });
});

describe("a full disk", () => {
  test.runIf(existsSync("/dev/full"))("is named, with /dev/full", async () => {
    const cwd = fill(temporaryFolder(), { data: "x" });
    const { status, stderr } = await signpath([...SIGN, "data", "--out", "/dev/full"], {
      emulator: emulator(),
      cwd,
    });
    expect(status).toBe(3);
    expect(stderr).toContain("/dev/full cannot be written: no space is left on the device (ENOSPC)");
    expect(lstatSync("/dev/full").isCharacterDevice()).toBe(true);
  });

  test.runIf(canMount)("is found out before a signature is spent, and leaves all as it was", async () => {
    const cwd = smallDisk();
    fill(cwd, { data: "x", "data.p7s": "older" });
    expect(() => writeFileSync(join(cwd, "filler"), Buffer.alloc(1024 * 1024))).toThrow("ENOSPC");
    const before = submissions(emulator());
    for (const args of [["data"], ["data", "--format", "raw"], ["data", "--attached"]]) {
      const { status, stderr } = await signpath([...SIGN, ...args], { emulator: emulator(), cwd });
      expect(status).toBe(3);
      expect(stderr).toMatch(/data\.(p7s|sig) cannot be written: no space is left on the device \(ENOSPC\)/);
      expect(namesIn(cwd)).toEqual(["data", "data.p7s", "filler"]);
      expect(readFileSync(join(cwd, "data.p7s"), "utf8")).toBe("older");
    }
    expect(submissions(emulator())).toBe(before);
  });

  test.runIf(canMount)("has no room for the content of an attached signature", async () => {
    const [cwd, disk] = [fill(temporaryFolder(), { data: Buffer.alloc(300_000) }), smallDisk()];
    const before = submissions(emulator());
    const args = [...SIGN, "data", "--attached", "--out", join(disk, "attached.p7s")];
    const { status, stderr } = await signpath(args, { emulator: emulator(), cwd });
    expect(status).toBe(3);
    expect(stderr).toContain("ENOSPC");
    expect(submissions(emulator())).toBe(before);
    expect(namesIn(disk)).toEqual([]);
  });

  test.runIf(existsSync("/dev/full"))("behind stdout is an error, not a success", async () => {
    const script = `"$0" "$1" policies >/dev/full`;
    const env = { PATH: process.env["PATH"], ...emulator().environment };
    const { status, stderr } = await run("sh", ["-c", script, process.execPath, MAIN], { env });
    expect(status).toBe(3);
    expect(stderr).toContain("stdout cannot be written: no space is left on the device");
  });
});
