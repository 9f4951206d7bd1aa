import { performance } from "node:perf_hooks";

/** So many wait at most: half of the requests that are in flight by default. With four, most were turned away and none gained. */
const MOST_WAITING = 32;

/** Where turns take long, because the process has much else to do, those that wait for so long go on together. */
const LONGEST_WAIT_MS = 10;

interface Waiting {
  readonly since: number;
  readonly grant: () => void;
}

const waiting: Waiting[] = [];

/**
 * Waits for a turn of the event loop that nobody else waits for; `undefined` where enough wait already. Between two turns
 * requests are sent, so that what came in all at once does not come in all at once again.
 */
export function turn(): Promise<void> | undefined {
  if (waiting.length >= MOST_WAITING) return undefined;
  return new Promise((grant) => {
    if (waiting.push({ since: performance.now(), grant }) === 1) setImmediate(serve);
  });
}

function serve(): void {
  const late = performance.now() - LONGEST_WAIT_MS;
  do waiting.shift()?.grant();
  while (waiting[0] !== undefined && waiting[0].since <= late);
  if (waiting.length > 0) setImmediate(serve);
}
