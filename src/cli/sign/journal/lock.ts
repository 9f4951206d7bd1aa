import { randomBytes } from "node:crypto";
import { unlinkSync } from "node:fs";
import {
  lstat,
  mkdir,
  readdir,
  readFile,
  rename,
  rm,
  rmdir,
  stat,
  utimes,
  writeFile,
} from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import type { CliError } from "../../errors/cli-error.js";
import { isSystemError, unwritable, usageError } from "../../errors/cli-error.js";
import { visible } from "../../shell/output.js";
import type { Claim } from "./claim.js";
import { isAlive, ownClaim, parseClaim } from "./claim.js";

const BEAT_MS = 2000;

/** A holder that cannot be seen otherwise is given up when its heart has not beaten for so long. */
const SILENCE_MS = 30_000;

const POLL_MS = 100;

/** What processes call their files here. Nothing else is touched, whatever somebody has put there. */
const NAME = /^[0-9a-f]{16}(\.new)?$/;

/** Why somebody else is waited for. */
export interface Holder {
  readonly pid: number | undefined;
  readonly host: string | undefined;
}

/** A lock on a journal, which dies with its process. */
export interface Lock {
  /** Whether it is still held: what stood still for long may have been given up by others. */
  isHeld(): Promise<boolean>;
  release(): Promise<void>;
}

/**
 * Takes the lock: a folder beside the journal with a file for each process that wants it. A process puts its own file there
 * and holds the lock if there is no other's: of two at once, each sees the other's, and both step back. No name is used
 * twice, so that what a dead process has left can be removed by anyone at any time.
 *
 * @param onWait - is told once for each holder that is waited for
 * @throws {CliError} `OUTPUT_UNWRITABLE`
 */
export async function takeLock(
  journal: string,
  signal: AbortSignal,
  onWait: (holder: Holder) => void,
): Promise<Lock> {
  const folder = `${journal}.lock`;
  const own = ownClaim();
  const others = new Others(folder, own);
  let told: string | undefined;
  for (;;) {
    signal.throwIfAborted();
    try {
      const other = (await others.find()) ?? (await claim(folder, own, others));
      if ("release" in other) return other;
      if (told !== other.name) onWait(other);
      told = other.name;
    } catch (error) {
      // The last one has just left, and has taken the folder with it.
      if (!isSystemError(error) || error.code !== "ENOENT") throw refused(journal, error);
    }
    await delay(POLL_MS * (1 + Math.random()), undefined, { signal });
  }
}

interface Other extends Holder {
  readonly name: string;
}

/** Puts a file of one's own there, which is taken back if there is another one by then. */
async function claim(folder: string, own: Claim, others: Others): Promise<Lock | Other> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const name = randomBytes(8).toString("hex");
  const path = join(folder, name);
  // Nobody sees half of it.
  await writeFile(`${path}.new`, JSON.stringify(own), { flag: "wx", mode: 0o600 });
  await rename(`${path}.new`, path);
  try {
    const other = await others.find(name);
    if (other === undefined) return hold(folder, path);
    await rm(path, { force: true });
    return other;
  } catch (error) {
    await rm(path, { force: true });
    throw error;
  }
}

function hold(folder: string, path: string): Lock {
  const beat = (): void => void utimes(path, new Date(), new Date()).catch(() => undefined);
  const timer = setInterval(beat, BEAT_MS).unref();
  const remove = (): void => {
    try {
      unlinkSync(path);
    } catch {
      // The next one sees that its process has ended.
    }
  };
  process.on("exit", remove);
  return {
    isHeld: () =>
      stat(path).then(
        () => true,
        () => false,
      ),
    release: async () => {
      clearInterval(timer);
      process.off("exit", remove);
      await rm(path, { force: true }).catch(() => undefined);
      await rmdir(folder).catch(() => undefined);
    },
  };
}

/** The files of others, and when each was last seen to change. */
class Others {
  readonly #folder: string;
  readonly #own: Claim;
  readonly #seen = new Map<string, { readonly mtimeMs: number; readonly at: number }>();

  constructor(folder: string, own: Claim) {
    this.#folder = folder;
    this.#own = own;
  }

  /** Some other one that lives. What the dead have left is removed. */
  async find(ownName?: string): Promise<Other | undefined> {
    const names = await readdir(this.#folder).catch((error: unknown) => {
      if (isSystemError(error) && error.code === "ENOENT") return [];
      throw error;
    });
    await requireOwnFolder(this.#folder);
    for (const name of names.filter((each) => NAME.test(each))) {
      if (name === ownName || name === `${ownName}.new`) continue;
      const other = await this.#look(name);
      if (other !== undefined) return other;
    }
    return undefined;
  }

  async #look(name: string): Promise<Other | undefined> {
    const path = join(this.#folder, name);
    try {
      const { mtimeMs } = await stat(path);
      const claim = parseClaim(await readFile(path, "utf8"));
      const lives = claim && isAlive(claim, this.#own);
      const isHolder = !name.endsWith(".new");
      if (lives ?? this.#beats(name, mtimeMs))
        return isHolder ? { name, pid: claim?.pid, host: claim?.host } : undefined;
    } catch (error) {
      if (isSystemError(error) && error.code === "ENOENT") return undefined;
      throw error;
    }
    await rm(path, { force: true });
    return undefined;
  }

  /** By our own clock: those of two machines need not agree. */
  #beats(name: string, mtimeMs: number): boolean {
    const seen = this.#seen.get(name);
    const now = performance.now();
    if (seen?.mtimeMs === mtimeMs) return now - seen.at < SILENCE_MS;
    this.#seen.set(name, { mtimeMs, at: now });
    return true;
  }
}

/** A link, or a folder of another user, would have files removed and written where nobody has said so. */
async function requireOwnFolder(folder: string): Promise<void> {
  const stats = await lstat(folder).catch(() => undefined);
  if (stats === undefined) return;
  const user = process.getuid?.();
  if (stats.isDirectory() && (user === undefined || stats.uid === user)) return;
  throw usageError(
    `${visible(folder)} is the journal's lock, and is not a directory of yours`,
    "Somebody else has put it there: take it away, or name another journal.",
  );
}

function refused(journal: string, error: unknown): CliError | unknown {
  return isSystemError(error) ? unwritable(`${journal}.lock`, error) : error;
}
