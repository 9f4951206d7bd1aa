import { vectors, WebcryptoTest } from "@peculiar/webcrypto-test";

/** One test as the suite registers it. */
export interface SuiteTest {
  /** The names of its contexts and its own, joined by " > ". */
  readonly name: string;
  readonly run: () => Promise<void>;
}

type Body = () => void;

/**
 * The tests of `@peculiar/webcrypto-test` for a `Crypto`, collected instead of registered: the suite is written
 * for the globals of mocha, which stand in only while it is read.
 */
export function collect(crypto: Crypto): readonly SuiteTest[] {
  const tests: SuiteTest[] = [];
  const path: string[] = [];
  const context = (name: string, body: Body): void => {
    path.push(name);
    body();
    path.pop();
  };
  const it = (name: string, run: () => Promise<void>): void => {
    tests.push({ name: [...path, name].join(" > "), run });
  };
  // A test that the suite itself skips would not count as run: it has none, and must not get one unnoticed.
  it.skip = (name: string): never => {
    throw new Error(`The suite skips ${[...path, name].join(" > ")}`);
  };
  it.only = it;
  const stood = ["context", "it"].map(
    (name) => [name, Object.getOwnPropertyDescriptor(globalThis, name)] as const,
  );
  Object.assign(globalThis, { context, it });
  try {
    for (const vector of Object.values(vectors)) WebcryptoTest.add(crypto, vector);
  } finally {
    for (const [name, descriptor] of stood) {
      if (descriptor === undefined) Reflect.deleteProperty(globalThis, name);
      else Object.defineProperty(globalThis, name, descriptor);
    }
  }
  return tests;
}
