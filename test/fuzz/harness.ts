import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { inspect } from "node:util";
import fc from "fast-check";
import { afterAll, expect, it } from "vitest";
import { SEED } from "../support/properties.js";
import { pollution } from "./prototypes.js";

/** What is fuzzed, and how many of a thousand inputs each gets: by what an input costs and what it can find. */
const SHARES = {
  argv: 20,
  authorities: 3,
  base64: 125,
  certificates: 60,
  cms: 50,
  config: 80,
  der: 80,
  editing: 15,
  executables: 12,
  http: 5,
  jar: 10,
  json: 197,
  multipart: 120,
  options: 50,
  pdf: 8,
  pem: 55,
  problem: 105,
  requests: 5,
} as const;

export type Subject = keyof typeof SHARES;

interface Seeds {
  /** What once found something; replayed first. */
  readonly found: readonly {
    readonly subject: Subject;
    readonly title: string;
    readonly seed: number;
    readonly path: string;
    readonly what: string;
  }[];
}

const seeds = JSON.parse(readFileSync(new URL("seeds.json", import.meta.url), "utf8")) as Seeds;

const TOTAL = Number(process.env["FUZZ_RUNS"] ?? 12_000);
const PATH = process.env["FUZZ_PATH"];
/** A folder for the counts, where somebody adds them up. */
const REPORT = process.env["FUZZ_REPORT"];

/** Processor time that one input may take: far more than any needs, far less than a runaway expression takes. */
const MOST_CPU_MS = 4000;
/** Time that one input may wait for something that does not come. */
const MOST_WAIT_MS = 60_000;

const counts = new Map<Subject, number>();

afterAll(() => {
  for (const [subject, count] of counts) {
    process.stderr.write(`fuzz: ${subject}, ${count} of ${TOTAL} inputs, seed ${SEED}\n`);
    if (REPORT === undefined) continue;
    mkdirSync(REPORT, { recursive: true });
    writeFileSync(join(REPORT, `${subject}.json`), JSON.stringify({ subject, count, seed: SEED }));
  }
});

/** One property of a subject. */
export interface Fuzz<T> {
  /** How much of the subject's share it gets; 1 unless there are several. */
  readonly part?: number;
  readonly inputs: fc.Arbitrary<T>;
  /** What once found something, or is not left to chance. */
  readonly examples?: readonly T[];
  /** Fails where an input is not dealt with as documented. */
  readonly check: (input: T) => void;
}

/** Runs a property over as many inputs as the run has for it. */
export function fuzz<T>(subject: Subject, title: string, { check, ...rest }: Fuzz<T>): void {
  const property = fc.property(rest.inputs, (input) => {
    const before = process.cpuUsage();
    check(input);
    afterwards(before);
  });
  register(subject, title, rest, (parameters) => fc.check(property, parameters));
}

/** The same for what takes turns. */
export function fuzzAsync<T>(
  subject: Subject,
  title: string,
  { check, ...rest }: Omit<Fuzz<T>, "check"> & { readonly check: (input: T) => Promise<void> },
): void {
  const property = fc.asyncProperty(rest.inputs, async (input) => {
    const before = process.cpuUsage();
    await check(input);
    afterwards(before);
  });
  register(subject, title, rest, (parameters) =>
    fc.check(property, { ...parameters, timeout: MOST_WAIT_MS }),
  );
}

function afterwards(before: NodeJS.CpuUsage): void {
  const { user, system } = process.cpuUsage(before);
  const ms = (user + system) / 1000;
  if (ms > MOST_CPU_MS) throw new Error(`one input took ${Math.round(ms)} ms of processor time`);
  const polluted = pollution();
  if (polluted !== undefined) throw new Error(polluted);
}

type Run<T> = (parameters: fc.Parameters<[T]>) => fc.RunDetails<[T]> | Promise<fc.RunDetails<[T]>>;

function register<T>(
  subject: Subject,
  title: string,
  { part = 1, examples = [] }: Omit<Fuzz<T>, "check" | "inputs">,
  run: Run<T>,
): void {
  const numRuns = Math.ceil((TOTAL * SHARES[subject] * part) / 1000);
  it(title, { timeout: 3_600_000 }, async () => {
    const replay = async (parameters: fc.Parameters<[T]>): Promise<void> => {
      const details = await run(parameters);
      counts.set(subject, (counts.get(subject) ?? 0) + details.numRuns);
      if (details.failed) expect.fail(reportOf(subject, title, details));
    };
    for (const found of seeds.found) {
      if (found.subject !== subject || found.title !== title) continue;
      await replay({ seed: found.seed, path: found.path, endOnFailure: true, numRuns: 1 });
    }
    if (PATH !== undefined) await replay({ seed: SEED, path: PATH, endOnFailure: true });
    else await replay({ seed: SEED, numRuns, examples: examples.map((example): [T] => [example]) });
  });
}

function reportOf<T>(subject: Subject, title: string, details: fc.RunDetails<[T]>): string {
  const path = details.counterexamplePath ?? "";
  return [
    `FUZZ_SEED=${details.seed} FUZZ_PATH=${path} npx vitest run test/fuzz/${subject}.test.ts -t ${JSON.stringify(title)}`,
    inspect(details.errorInstance),
    fc.defaultReportMessage(details) ?? "",
  ].join("\n");
}
