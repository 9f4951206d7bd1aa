import type { FileHandle } from "node:fs/promises";
import { Replacement } from "../base/replacement.js";

/**
 * Changes a file as a whole or not at all: a copy beside it is changed, written to the disk, and takes its place. Errors of the
 * file system are passed on as they are.
 *
 * @param edit - changes the copy, which is open for reading and writing; what it throws leaves everything as it was
 * @param destination - where the result goes in place of `path`, which then stays as it is
 * @throws {TypeError} for what is no regular file
 * @throws {SignPathError} `REQUEST_REJECTED` where somebody else has changed `path` meanwhile, which then stays as it is
 */
export async function replaceFile(
  path: string,
  edit: (copy: FileHandle) => Promise<void>,
  destination: string = path,
): Promise<void> {
  const copy = await Replacement.copyOf(path, destination);
  if (copy === undefined) {
    const either = [...new Set([path, destination])].join(" or ");
    throw new TypeError(`${either} is no regular file`);
  }
  try {
    await edit(copy.file);
    await copy.commit();
  } finally {
    await copy.discard();
  }
}
