/** Edits that a slip of the fingers takes at most. */
const MOST_EDITS = 3;

/**
 * The word that was probably meant: the one that the fewest edits make of it, without regard to case and to what
 * separates its parts (`SHA-256`, `sha_256`).
 *
 * @returns `undefined` where none is near: more than three edits away, or more than a third of the word
 */
export function mostSimilar(word: string, candidates: Iterable<string>): string | undefined {
  const wanted = plain(word);
  let best: { readonly candidate: string; readonly edits: number } | undefined;
  for (const candidate of candidates) {
    const other = plain(candidate);
    const longest = Math.max(wanted.length, other.length);
    // Whatever they are, words of such different lengths are not near.
    if (Math.abs(wanted.length - other.length) > MOST_EDITS) continue;
    const edits = editsBetween(wanted, other);
    if (edits <= Math.min(MOST_EDITS, longest / 3) && edits < (best?.edits ?? Number.POSITIVE_INFINITY))
      best = { candidate, edits };
  }
  return best?.candidate;
}

function plain(word: string): string {
  return word.toLowerCase().replace(/(?<=[a-z])[-_ ](?=\d)/g, "");
}

/** Letters to insert, to remove, to replace or to exchange with their neighbour (optimal string alignment). */
function editsBetween(from: string, to: string): number {
  let before: readonly number[] = [];
  let last: readonly number[] = Array.from({ length: to.length + 1 }, (_, column) => column);
  for (let row = 1; row <= from.length; row++) {
    const current = [row];
    for (let column = 1; column <= to.length; column++) {
      const same = from[row - 1] === to[column - 1];
      const exchanged = row > 1 && from[row - 2] === to[column - 1] && from[row - 1] === to[column - 2];
      current[column] = Math.min(
        at(last, column) + 1,
        at(current, column - 1) + 1,
        at(last, column - 1) + (same ? 0 : 1),
        exchanged ? at(before, column - 2) + 1 : Number.POSITIVE_INFINITY,
      );
    }
    [before, last] = [last, current];
  }
  return at(last, to.length);
}

function at(row: readonly number[], column: number): number {
  return row[column] ?? Number.POSITIVE_INFINITY;
}
