import { randomBytes } from "node:crypto";
import { constants, copyFile, link, mkdir, open, readFile, rename, rm } from "node:fs/promises";
import { join } from "node:path";

/** Where keys and certificates are kept: small texts by name. */
export interface Store {
  /** The text of that name. Where there is none, `create` makes it; who comes second gets the first one's. */
  loadOrCreate(name: string, create: () => Promise<string>): Promise<string>;
  replace(name: string, text: string): Promise<void>;
  /** How a person finds the text of that name. */
  locate(name: string): string;
}

/** What a state directory has in it is nothing to go on with; the message says what to do. */
export class UnusableState extends Error {
  override readonly name = "UnusableState";
}

/** Keeps nothing: what is made lives as long as its maker. */
export const MEMORY: Store = {
  loadOrCreate: (_name, create) => create(),
  replace: () => Promise.resolve(),
  locate: (name) => name,
};

/**
 * Keeps each text in a file that only its owner can read. A file appears whole or not at all, and the
 * emulators that share a directory agree on the first one that appeared.
 */
export async function openDirectory(directory: string): Promise<Store> {
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const locate = (name: string): string => join(directory, name);
  return {
    locate,
    async loadOrCreate(name, create) {
      const path = locate(name);
      const existing = await readIfThere(path);
      if (existing !== undefined) return existing;
      const text = await create();
      return (await publish(path, text)) ? text : await readFile(path, "utf8");
    },
    async replace(name, text) {
      await viaTemporaryFile(locate(name), text, (temporary, path) => rename(temporary, path));
    },
  };
}

/** Whether the text became the file: `false` if another one was there first. */
async function publish(path: string, text: string): Promise<boolean> {
  try {
    await viaTemporaryFile(path, text, linkOrCopy);
    return true;
  } catch (error) {
    if (codeOf(error) === "EEXIST") return false;
    throw error;
  }
}

/** Unlike a rename, a link never takes the place of what is there. Not every file system has links. */
async function linkOrCopy(temporary: string, path: string): Promise<void> {
  try {
    await link(temporary, path);
  } catch (error) {
    if (codeOf(error) === "EEXIST") throw error;
    await copyFile(temporary, path, constants.COPYFILE_EXCL);
  }
}

async function viaTemporaryFile(
  path: string,
  text: string,
  place: (temporary: string, path: string) => Promise<void>,
): Promise<void> {
  const temporary = `${path}.${randomBytes(6).toString("hex")}.tmp`;
  try {
    const file = await open(temporary, "wx", 0o600);
    try {
      await file.writeFile(text);
      await file.sync();
    } finally {
      await file.close();
    }
    await place(temporary, path);
  } finally {
    await rm(temporary, { force: true });
  }
}

async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    if (codeOf(error) === "ENOENT") return undefined;
    throw error;
  }
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && "code" in error ? error.code : undefined;
}
