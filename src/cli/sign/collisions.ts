import { setImmediate } from "node:timers/promises";
import { usageError } from "../errors/cli-error.js";
import { visible } from "../shell/output.js";
import type { Input } from "./inputs/input.js";
import type { Places } from "./inputs/places.js";
import type { Seen } from "./inputs/seen.js";
import { lookFor } from "./inputs/seen.js";
import { STREAM } from "./inputs/stream.js";

/** So many files are compared before others get a turn. */
const AT_ONCE = 512;

/** A file and what it is to become. */
export interface Pair {
  readonly file: string;
  readonly output: string;
  readonly seen: Seen | undefined;
}

/**
 * Each file once, where it was named first.
 *
 * @param isInPlace - a link and what it leads to are then the same file as well
 */
export function withoutRepeats(inputs: readonly Input[], places: Places, isInPlace: boolean): Input[] {
  const seen = new Set<string>();
  return inputs.filter(({ file }) => {
    // That stdin is named twice is told of later.
    if (file === STREAM) return true;
    const place = isInPlace ? places.ofTarget(file) : places.of(file);
    const isNew = !seen.has(place);
    seen.add(place);
    return isNew;
  });
}

/**
 * Files are the same where they are at one place, or have one number: the latter is asked for only where something is that
 * would be replaced.
 *
 * @param isInPlace - each file is its own output
 * @throws {CliError} `USAGE` where two results would go to one file, or a signature where a file to sign is
 */
export async function refuseCollisions(
  pairs: readonly Pair[],
  places: Places,
  isInPlace: boolean,
): Promise<void> {
  const inputs = isInPlace ? new Map<string, string>() : filesBy(pairs, ({ file }) => places.of(file));
  let numbered: Map<string, string> | undefined;
  const outputs = new Map<string, string>();
  for (const [index, { file, output }] of pairs.entries()) {
    if (index % AT_ONCE === AT_ONCE - 1) await setImmediate();
    if (output === STREAM) continue;
    const place = places.of(output);
    const id = isInPlace ? undefined : lookFor(output)?.id;
    if (id !== undefined) numbered ??= filesBy(pairs, ({ seen }) => seen?.id);
    const input = inputs.get(place) ?? numbered?.get(id ?? "");
    if (input !== undefined) {
      throw usageError(
        `the signature of ${visible(file)} would replace ${visible(input)}, which is to be signed`,
      );
    }
    const other = outputs.get(place) ?? outputs.get(id ?? "");
    if (other !== undefined) {
      throw usageError(
        `the signatures of ${visible(other)} and ${visible(file)} would both be ${visible(output)}`,
        "With --base-dir DIRECTORY their paths are kept below --out.",
      );
    }
    outputs.set(place, file);
    if (id !== undefined) outputs.set(id, file);
  }
}

function filesBy(pairs: readonly Pair[], keyOf: (pair: Pair) => string | undefined): Map<string, string> {
  const files = new Map<string, string>();
  for (const pair of pairs) {
    const key = pair.file === STREAM ? undefined : keyOf(pair);
    if (key !== undefined) files.set(key, pair.file);
  }
  return files;
}
