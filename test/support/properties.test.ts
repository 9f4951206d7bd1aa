import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { assertProperty, SEED } from "./properties.js";

const TESTS = join(import.meta.dirname, "..");

describe("properties", () => {
  it("get the same inputs in every run", () => {
    const inputs = () => {
      const seen: number[] = [];
      assertProperty(fc.property(fc.integer(), (value) => void seen.push(value)));
      return seen;
    };
    expect(inputs()).toEqual(inputs());
    expect(inputs()).toEqual(fc.sample(fc.integer(), { seed: SEED, numRuns: inputs().length }));
  });

  it("fail with what repeats the failure", async () => {
    const failing = fc.property(fc.nat(1000), (value) => value < 500);
    expect(() => assertProperty(failing)).toThrow(new RegExp(`seed: ${SEED}, path: "[\\d:]+"`));
    const rejecting = fc.asyncProperty(fc.nat(1000), async (value) => value < 500);
    await expect(assertProperty(rejecting)).rejects.toThrow(/Counterexample: \[500\]/);
  });

  it("have their seed from there, all of them", () => {
    const own = /\bfc\.(assert|check)\b/;
    const files = readdirSync(TESTS, { recursive: true, encoding: "utf8" }).filter(
      (name) => name.endsWith(".ts") && own.test(readFileSync(join(TESTS, name), "utf8")),
    );
    expect(files.sort()).toEqual(["fuzz/harness.ts", "support/properties.ts"]);
  });
});
