import { lstatSync, mkdirSync, statSync } from "node:fs";
import * as nodeModule from "node:module";
import { homedir } from "node:os";
import { join } from "node:path";

/** Node has it since 22.1. */
type WithCompileCache = { readonly enableCompileCache?: (directory: string) => unknown };

/**
 * Has Node keep the compiled code for the next run. Node runs what it finds in the cache without asking who wrote it, and
 * its own choice is a folder below the system's temporary one, where others can be first. So it is a folder in the user's
 * home that belongs to the user and is closed to all others, or there is no cache: on Windows, where none of that can be
 * seen, too. NODE_COMPILE_CACHE and NODE_DISABLE_COMPILE_CACHE mean what they always mean.
 */
export function useCompileCache(): void {
  const { enableCompileCache } = nodeModule as WithCompileCache;
  if (enableCompileCache === undefined || process.env["NODE_COMPILE_CACHE"]) return;
  try {
    const directory = privateDirectory();
    if (directory !== undefined) enableCompileCache(directory);
  } catch {
    // It works without, only more slowly.
  }
}

function privateDirectory(): string | undefined {
  const user = process.getuid?.();
  const home = homedir();
  // With `sudo`, home may be another one's: nothing of root's is to be left there.
  if (user === undefined || statSync(home).uid !== user) return undefined;
  const caches = process.env["XDG_CACHE_HOME"] || join(home, ".cache");
  const directory = join(caches, "signpath-webcrypto");
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const stats = lstatSync(directory);
  const isPrivate = stats.isDirectory() && stats.uid === user && (stats.mode & 0o077) === 0;
  return isPrivate ? directory : undefined;
}
