import type { BigIntStats } from "node:fs";
import { realpathSync, statSync } from "node:fs";
import { realpath } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { setImmediate } from "node:timers/promises";
import { usageError } from "../cli-error.js";
import { visible } from "../output.js";
import type { Input } from "./inputs/input.js";
import { STREAM } from "./inputs/stream.js";

const AT_ONCE = 512;

/** Where files are, with the links to their folders followed: each folder is asked for once. */
class Places {
  readonly #folders = new Map<string, string>();

  async of(path: string): Promise<string> {
    const folder = dirname(path);
    let real = this.#folders.get(folder);
    if (real === undefined) {
      real = await realpath(folder).catch(() => resolve(folder));
      this.#folders.set(folder, real);
    }
    return join(real, basename(path));
  }
}

/**
 * Each file once, where it was named first.
 *
 * @param isInPlace - a link and what it leads to are then the same file as well
 */
export async function withoutRepeats(inputs: readonly Input[], isInPlace: boolean): Promise<Input[]> {
  const places = new Places();
  const seen = new Set<string>();
  const once: Input[] = [];
  for (const [index, input] of inputs.entries()) {
    if (index % AT_ONCE === AT_ONCE - 1) await setImmediate();
    // That stdin is named twice is told of later.
    const place = input.file === STREAM ? undefined : await placeOf(input.file, places, isInPlace);
    if (place !== undefined && seen.has(place)) continue;
    if (place !== undefined) seen.add(place);
    once.push(input);
  }
  return once;
}

async function placeOf(file: string, places: Places, isInPlace: boolean): Promise<string> {
  if (!isInPlace) return places.of(file);
  try {
    return realpathSync.native(file);
  } catch {
    return places.of(file);
  }
}

/**
 * @param isInPlace - each file is its own output
 * @throws {CliError} `USAGE` where two results would go to one file, or a signature where a file to sign is
 */
export async function refuseCollisions(
  pairs: readonly {
    readonly file: string;
    readonly output: string;
    readonly stats: BigIntStats | undefined;
  }[],
  isInPlace: boolean,
): Promise<void> {
  const places = new Places();
  const inputs = new Map<string, string>();
  for (const { file, stats } of pairs) {
    if (file !== STREAM)
      for (const each of identitiesOf(await places.of(file), stats)) inputs.set(each, file);
  }
  const outputs = new Map<string, string>();
  for (const [index, { file, output }] of pairs.entries()) {
    if (index % AT_ONCE === AT_ONCE - 1) await setImmediate();
    if (output === STREAM) continue;
    const own = identitiesOf(await places.of(output), isInPlace ? undefined : statsOf(output));
    const input = own.map((each) => inputs.get(each)).find((each) => each !== undefined);
    if (input !== undefined && !isInPlace) {
      throw usageError(
        `the signature of ${visible(file)} would replace ${visible(input)}, which is to be signed`,
      );
    }
    const other = own.map((each) => outputs.get(each)).find((each) => each !== undefined);
    if (other !== undefined) {
      throw usageError(
        `the signatures of ${visible(other)} and ${visible(file)} would both be ${visible(output)}`,
        "With --base-dir DIRECTORY their paths are kept below --out.",
      );
    }
    for (const each of own) outputs.set(each, file);
  }
}

/** By what a path is known to be the same file as another one: where it is, and what is there. */
function identitiesOf(place: string, stats: BigIntStats | undefined): string[] {
  // Some file systems number no files.
  return stats === undefined || stats.ino === 0n ? [place] : [place, `${stats.dev}:${stats.ino}`];
}

function statsOf(path: string): BigIntStats | undefined {
  try {
    return statSync(path, { bigint: true, throwIfNoEntry: false });
  } catch {
    return undefined;
  }
}
