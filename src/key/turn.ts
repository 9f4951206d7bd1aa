import { performance } from "node:perf_hooks";

/** So many wait at most: half of the requests that are in flight by default. With four, most were turned away and none gained. */
const MOST_WAITING = 32;

/** Where turns take long, because the process has much else to do, those that wait for so long go on together. */
const LONGEST_WAIT_MS = 10;

interface Waiting {
  readonly since: number;
  /** @param own - whether the turn is its own */
  readonly grant: (own: boolean) => void;
}

const waiting: Waiting[] = [];

/**
 * Waits for a turn of the event loop that nobody else waits for. Between two turns requests are sent, so that what came
 * in all at once does not come in all at once again.
 *
 * @returns `false` as soon as too many wait who came later: who has waited longest leaves first, so that nobody is passed
 */
export function turn(): Promise<boolean> {
  return new Promise((grant) => {
    waiting.push({ since: performance.now(), grant });
    if (waiting.length > MOST_WAITING) waiting.shift()?.grant(false);
    else if (waiting.length === 1) setImmediate(serve);
  });
}

function serve(): void {
  const late = performance.now() - LONGEST_WAIT_MS;
  do waiting.shift()?.grant(true);
  while (waiting[0] !== undefined && waiting[0].since <= late);
  if (waiting.length > 0) setImmediate(serve);
}
