import { randomBytes } from "node:crypto";
import { access, open, rm } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** What the demonstration signs. */
export interface Samples {
  readonly paths: readonly string[];
  /** Name of the large file that was made. */
  readonly large?: string;
  /** Removes what was made for it. */
  remove(): Promise<void>;
}

const LARGE_MIB = 64;

/** The package's README and a large file, which is made in the folder. */
export async function makeSamples(folder: string, signal: AbortSignal): Promise<Samples> {
  const name = `random-${LARGE_MIB}MiB.bin`;
  const large = join(folder, name);
  const remove = (): Promise<void> => rm(large, { force: true });
  try {
    const file = await open(large, "w");
    try {
      for (let mebibyte = 0; mebibyte < LARGE_MIB; mebibyte++) {
        signal.throwIfAborted();
        await file.write(randomBytes(1024 * 1024));
      }
    } finally {
      await file.close();
    }
    return { paths: [await document(), large], large: name, remove };
  } catch (error) {
    await remove();
    throw error;
  }
}

/** The README, or where somebody has left it out the file that no package lacks. */
async function document(): Promise<string> {
  const path = (name: string): string => fileURLToPath(new URL(`../../../${name}`, import.meta.url));
  const readme = path("README.md");
  return access(readme).then(
    () => readme,
    () => path("package.json"),
  );
}
