import { randomBytes } from "node:crypto";
import type { FileHandle } from "node:fs/promises";
import { access, constants, copyFile, open, realpath, rename, rm } from "node:fs/promises";
import { dirname, join } from "node:path";

/** File systems that have no such thing as waiting for the disk. */
const NO_SYNC: ReadonlySet<unknown> = new Set(["EINVAL", "ENOSYS", "ENOTSUP"]);

/**
 * Changes a file as a whole or not at all: a copy beside it is changed, written to the disk, and takes its place. Its mode
 * stays, and a symbolic link goes on leading to it. Errors of the file system are passed on.
 *
 * @param edit - changes the copy, which is open for reading and writing; what it throws leaves everything as it was
 * @param destination - where the result goes in place of `path`, which then stays as it is
 */
export async function replaceFile(
  path: string,
  edit: (copy: FileHandle) => Promise<void>,
  destination: string = path,
): Promise<void> {
  const source = await realpath(path);
  const target = await realpath(destination).catch(() => destination);
  if (target === source) await access(source, constants.W_OK);
  const copy = join(dirname(target), `.signpath-${randomBytes(6).toString("hex")}.tmp`);
  try {
    await copyFile(source, copy, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE);
    const file = await open(copy, "r+");
    try {
      await edit(file);
      await file.sync().catch((error: unknown) => {
        if (!(error instanceof Error) || !NO_SYNC.has(Reflect.get(error, "code"))) throw error;
      });
    } finally {
      await file.close();
    }
    await rename(copy, target);
  } catch (error) {
    await rm(copy, { force: true }).catch(() => undefined);
    throw error;
  }
}
