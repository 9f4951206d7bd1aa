import { mkdirSync } from "node:fs";
import {
  chmod,
  chown,
  link,
  readdir,
  readFile,
  rename,
  rm,
  stat,
  symlink,
  writeFile,
} from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { replaceFile } from "../../src/adapter/replace-file.js";
import { Replacement, removeUnfinished } from "../../src/base/replacement.js";
import { failureOf } from "../support/failure.js";
import { handedOver } from "../support/handed-over.js";
import { temporaryFolder } from "../support/temporary.js";

async function opened(replacement: Promise<Replacement | undefined>): Promise<Replacement> {
  const found = await replacement;
  if (found === undefined) throw new Error("there is no regular file");
  return found;
}

describe("a file that replaces another one", () => {
  it("is seen when it is whole, with the mode of that one", async () => {
    const folder = temporaryFolder();
    const path = join(folder, "a");
    await writeFile(path, "before");
    await chmod(path, 0o640);
    const replacement = await opened(Replacement.open(path));
    await replacement.write(Buffer.from("af__r"));
    await replacement.write(Buffer.from("te"), 2);
    expect(await readFile(path, "utf8")).toBe("before");
    await replacement.commit();
    await replacement.discard();
    expect(await readFile(path, "utf8")).toBe("after");
    expect((await stat(path)).mode & 0o777).toBe(0o640);
    expect(await readdir(folder)).toEqual(["a"]);
  });

  it.each([true, false])("stands where a symbolic link leads, also to nothing yet: %s", async (isThere) => {
    const folder = temporaryFolder();
    mkdirSync(join(folder, "real"));
    if (isThere) await writeFile(join(folder, "real/a"), "before");
    await symlink("real/a", join(folder, "link"));
    const replacement = await opened(Replacement.open(join(folder, "link")));
    await replacement.write(Buffer.from("after"));
    await replacement.commit();
    expect(await readFile(join(folder, "real/a"), "utf8")).toBe("after");
    expect(await readdir(join(folder, "real"))).toEqual(["a"]);
    expect(await readdir(folder)).toEqual(["link", "real"]);
  });

  it("hands over to other threads only its opening, its wait for the disk and its closing", async () => {
    const path = join(temporaryFolder(), "a");
    const { requests } = await handedOver(async () => {
      const replacement = await opened(Replacement.open(path));
      await replacement.write(Buffer.alloc(4096), 0);
      await replacement.write(Buffer.from("small"), 0);
      replacement.truncate(5);
      await replacement.commit();
      await replacement.discard();
    });
    expect(await readFile(path, "utf8")).toBe("small");
    expect(requests).toBe(3);
  });

  it("leaves nothing but what was there when it is discarded, or when the process ends", async () => {
    const folder = temporaryFolder();
    const path = join(folder, "a");
    await (await opened(Replacement.open(path))).discard();
    expect(await readdir(folder)).toEqual([]);
    const left = await opened(Replacement.open(path));
    expect(await readdir(folder)).toHaveLength(1);
    expect(process.listeners("exit")).toContain(removeUnfinished);
    removeUnfinished();
    expect(await readdir(folder)).toEqual([]);
    await left.discard();
  });

  it("can be discarded after its place was taken by a folder", async () => {
    const folder = temporaryFolder();
    const path = join(folder, "a");
    const replacement = await opened(Replacement.open(path));
    mkdirSync(path);
    expect(await failureOf(replacement.commit())).toMatchObject({ syscall: "rename" });
    await replacement.discard();
    expect(await readdir(folder)).toEqual(["a"]);
  });

  it("has room beside the longest name", async () => {
    const path = join(temporaryFolder(), "a".repeat(255));
    await (await opened(Replacement.open(path))).commit();
    expect((await stat(path)).size).toBe(0);
  });

  it("is none of a folder or a device, and fails without a folder", async () => {
    const folder = temporaryFolder();
    expect(await Replacement.open(folder)).toBeUndefined();
    expect(await Replacement.open("/dev/null")).toBeUndefined();
    expect(await failureOf(Replacement.open(join(folder, "no/a")))).toMatchObject({ code: "ENOENT" });
  });
});

describe("a file that is replaced by what was made from it", () => {
  it.each([
    ["is written to", (path: string) => writeFile(path, "BEFORE")],
    ["gets another mode", (path: string) => chmod(path, 0o600)],
    ["is removed", (path: string) => rm(path)],
    ["is replaced", (path: string) => writeFile(`${path}~`, "before").then(() => rename(`${path}~`, path))],
  ])("stays as somebody else has left it: it %s", async (_how, change) => {
    const folder = temporaryFolder();
    const path = join(folder, "a");
    await writeFile(path, "before");
    await symlink("a", join(folder, "link"));
    let left: unknown;
    const edit = async (copy: Replacement["file"]): Promise<void> => {
      await copy.write("signed");
      await change(path);
      left = await stat(path).catch(() => undefined);
    };
    const failure = await failureOf(replaceFile(path, edit, join(folder, "link")));
    expect(failure).toMatchObject({ code: "REQUEST_REJECTED", retryable: true, attempts: 0 });
    const now = await stat(path).catch(() => undefined);
    expect([now?.ino, now?.mtimeMs]).toEqual([(left as typeof now)?.ino, (left as typeof now)?.mtimeMs]);
    expect((await readdir(folder)).filter((name) => name.endsWith(".tmp"))).toEqual([]);
  });

  it("takes its place where nothing but another name of it has come or gone", async () => {
    const path = join(temporaryFolder(), "a");
    await writeFile(path, "before");
    await replaceFile(path, async (copy) => {
      await copy.write("signed");
      await link(path, `${path}2`);
    });
    expect([await readFile(path, "utf8"), await readFile(`${path}2`, "utf8")]).toEqual(["signed", "before"]);
  });
});

describe("a file that is changed as a whole", () => {
  const append = (text: string) => (copy: Replacement["file"]) => copy.write(text, 6).then(() => undefined);

  it("keeps its mode, also where it may only be read", async () => {
    const folder = temporaryFolder();
    const [path, out] = [join(folder, "a"), join(folder, "b")];
    await writeFile(path, "before");
    await chmod(path, 0o444);
    await replaceFile(path, append(" and after"), out);
    expect(await readFile(path, "utf8")).toBe("before");
    expect(await readFile(out, "utf8")).toBe("before and after");
    expect((await stat(out)).mode & 0o777).toBe(0o444);
    await chmod(path, 0o640);
    await replaceFile(path, append("!"));
    expect(await readFile(path, "utf8")).toBe("before!");
    expect((await stat(path)).mode & 0o777).toBe(0o640);
    expect(await readdir(folder)).toEqual(["a", "b"]);
  });

  it.skipIf(process.getuid?.() !== 0)("keeps its owner and group, also where root changes it", async () => {
    const path = join(temporaryFolder(), "a");
    await writeFile(path, "before");
    await chown(path, 1234, 2345);
    await chmod(path, 0o640);
    await replaceFile(path, append("!"));
    expect(await readFile(path, "utf8")).toBe("before!");
    expect(await stat(path)).toMatchObject({ uid: 1234, gid: 2345, mode: 0o100640 });
    const whole = await opened(Replacement.open(path));
    await whole.commit();
    expect(await stat(path)).toMatchObject({ uid: 1234, gid: 2345, size: 0 });
  });

  it("has the mode of the file that it replaces elsewhere", async () => {
    const folder = temporaryFolder();
    const [path, out] = [join(folder, "a"), join(folder, "b")];
    await writeFile(path, "before");
    await writeFile(out, "another");
    await chmod(out, 0o600);
    await replaceFile(path, append("!"), out);
    expect(await readFile(out, "utf8")).toBe("before!");
    expect((await stat(out)).mode & 0o777).toBe(0o600);
  });

  it("is as it was, alone in its folder, where the change fails", async () => {
    const folder = temporaryFolder();
    const path = join(folder, "a");
    await writeFile(path, "before");
    const failing = replaceFile(path, () => Promise.reject(new Error("no")));
    expect(await failureOf(failing)).toMatchObject({ message: "no" });
    expect(await readFile(path, "utf8")).toBe("before");
    expect(await readdir(folder)).toEqual(["a"]);
  });

  it("is none of a folder or a device, which are not replaced either", async () => {
    const folder = temporaryFolder();
    const path = join(folder, "a");
    await writeFile(path, "before");
    for (const [from, to] of [
      [folder, path],
      ["/dev/null", path],
      [path, folder],
      [path, "/dev/null"],
    ] as const)
      expect(await failureOf(replaceFile(from, append("!"), to))).toBeInstanceOf(TypeError);
    expect((await stat("/dev/null")).isCharacterDevice()).toBe(true);
    expect(await readFile(path, "utf8")).toBe("before");
    expect(await readdir(folder)).toEqual(["a"]);
  });
});
