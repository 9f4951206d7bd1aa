import { realpathSync } from "node:fs";
import { basename, dirname, join, resolve, sep } from "node:path";

/** Where files are, with the links to their folders followed: each folder is asked for once. */
export class Places {
  readonly #folders = new Map<string, string>();

  /** One text for all names of a place. */
  of(path: string): string {
    const folder = dirname(path);
    let real = this.#folders.get(folder);
    if (real === undefined) {
      real = realFolder(folder);
      this.#folders.set(folder, real);
    }
    return real + basename(path);
  }

  /** The same with a link itself followed. */
  ofTarget(path: string): string {
    try {
      return realpathSync.native(path);
    } catch {
      return this.of(path);
    }
  }
}

/** With a separator at its end. */
function realFolder(folder: string): string {
  try {
    return join(realpathSync.native(folder), sep);
  } catch {
    return join(resolve(folder), sep);
  }
}
