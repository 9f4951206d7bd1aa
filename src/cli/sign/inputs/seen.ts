import type { BigIntStats } from "node:fs";
import { fstatSync, statSync } from "node:fs";

/** What is seen of a file at a look. */
export interface Seen {
  readonly isDirectory: boolean;
  readonly isFile: boolean;
  readonly size: number;
  /** By which it is known under other names; undefined where the file system numbers no files. */
  readonly id: string | undefined;
}

/**
 * Looks at a file, or at what a link leads to. With `bigint`, because after any other synchronous look at a pipe Node 22.23
 * loads the next CommonJS module as an empty one. Errors of the file system are passed on as they are.
 */
export function lookAt(path: string): Seen {
  return seenIn(statSync(path, { bigint: true }));
}

/** The same for what may be there; undefined also for what cannot be looked at, which is told of when it is wanted. */
export function lookFor(path: string): Seen | undefined {
  try {
    const stats = statSync(path, { bigint: true, throwIfNoEntry: false });
    return stats && seenIn(stats);
  } catch {
    return undefined;
  }
}

/** Node makes an empty stream of a directory as stdin. */
export function lookAtStdin(): Seen {
  return seenIn(fstatSync(0, { bigint: true }));
}

function seenIn(stats: BigIntStats): Seen {
  return {
    isDirectory: stats.isDirectory(),
    isFile: stats.isFile(),
    size: Number(stats.size),
    id: stats.ino === 0n ? undefined : `${stats.dev}:${stats.ino}`,
  };
}
