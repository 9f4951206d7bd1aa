import { types } from "node:util";
import { describe, expect, it } from "vitest";
import { crypto } from "../../src/subtle/composite.js";
import { collect } from "./harness.js";
import { SKIPPED } from "./skipped.js";

const NODE = Number(process.versions.node.split(".")[0]);
const TOTAL = 175;
const AT_LEAST = 170;

const tests = collect(crypto);
const skipped = new Map(
  SKIPPED.filter(({ nodes }) => nodes?.includes(NODE) ?? true).map((entry) => [entry.name, entry]),
);
const passed = new Set<string>();

/** A `Crypto` that writes down every key that it hands out. */
function recording(target: Crypto, made: unknown[]): Crypto {
  const subtle = new Proxy(target.subtle, {
    get(methods, operation) {
      return async (...args: unknown[]) => {
        const result: unknown = await Reflect.apply(Reflect.get(methods, operation), methods, args);
        const { privateKey, publicKey, algorithm } = Object(result);
        made.push(...[privateKey, publicKey, algorithm && result].filter((key) => key !== undefined));
        return result;
      };
    },
  });
  return { subtle } as Crypto;
}

describe("@peculiar/webcrypto-test against the composite crypto", () => {
  for (const { name, run } of tests) {
    it.skipIf(skipped.has(name))(name, async () => {
      await run();
      passed.add(name);
    });
  }
});

describe("the table of skipped tests", () => {
  it("names each test of the suite once", () => {
    const names = tests.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
    expect(names).toEqual(expect.arrayContaining(SKIPPED.map(({ name }) => name)));
    expect(new Set(SKIPPED.map(({ name }) => name)).size).toBe(SKIPPED.length);
  });

  for (const { name, reason, fails } of skipped.values()) {
    it(`is right about ${name}: ${reason}`, async () => {
      const test = tests.find((candidate) => candidate.name === name);
      await expect(test?.run()).rejects.toThrow(fails);
    });
  }

  for (const { name } of SKIPPED.filter((entry) => !skipped.has(entry.name))) {
    it(`does not apply to Node ${NODE}: ${name}`, () => {
      expect(passed).toContain(name);
    });
  }
});

describe("what Node passes on its own", () => {
  it("passes here with Node's keys and no others", async () => {
    const made: unknown[] = [];
    const recorded = new Map(collect(recording(crypto, made)).map(({ name, run }) => [name, run]));
    let compared = 0;
    for (const { name, run } of collect(globalThis.crypto)) {
      const alone = await run().then(
        () => true,
        () => false,
      );
      if (!alone) continue;
      await recorded.get(name)?.();
      compared += 1;
    }
    expect(compared).toBeGreaterThan(100);
    expect(made.length).toBeGreaterThan(100);
    expect(made.filter((key) => !types.isCryptoKey(key))).toEqual([]);
  });
});

describe("the number of tests", () => {
  it(`is ${TOTAL} in the suite, of which at least ${AT_LEAST} ran and passed`, () => {
    expect(tests).toHaveLength(TOTAL);
    expect(passed.size).toBeGreaterThanOrEqual(AT_LEAST);
    expect(passed.size + skipped.size).toBe(TOTAL);
  });
});
