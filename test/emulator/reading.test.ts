import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { fromBase64 } from "../../src/emulator/base64.js";
import { parseJsonObject } from "../../src/emulator/json.js";
import { seededRandom } from "../../src/emulator/random.js";
import { Ring } from "../../src/emulator/ring.js";
import { assertProperty } from "../support/properties.js";

describe("Base64", () => {
  it("is read as it was written", () => {
    assertProperty(
      fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => {
        expect(fromBase64(Buffer.from(bytes).toString("base64"))).toEqual(Buffer.from(bytes));
      }),
    );
  });

  it.each([
    "A",
    "AA",
    "AAA",
    "AA=",
    "AA===",
    "A===",
    "=",
    "====",
    "AA==AAAA",
    "AB==",
    "AAB=",
    "AA-_",
    "AA A",
    "AAAA\n",
    " AAAA",
    "ÄÄÄÄ",
  ])("is refused: '%s'", (text) => {
    expect(fromBase64(text)).toBeUndefined();
  });

  it("never gives bytes that are written in another way", () => {
    assertProperty(
      fc.property(fc.string({ unit: fc.constantFrom(..."AZaz09+/=-_ \n"), maxLength: 12 }), (text) => {
        expect([text, undefined]).toContain(fromBase64(text)?.toString("base64"));
      }),
      { numRuns: 3000 },
    );
  });
});

describe("JSON", () => {
  it.each(["", "1", "null", "[]", '"x"', "{", '{"a":1}x', "\ud800", "{'a':1}"])(
    "that is no object is refused: %s",
    (text) => {
      expect(parseJsonObject(Buffer.from(text))).toBeUndefined();
    },
  );

  it("that is not UTF-8 is refused", () => {
    expect(parseJsonObject(Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d]))).toBeUndefined();
  });

  it.each([
    [63, true],
    [64, false],
  ])("with %i arrays in its object is read: %s", (depth, readable) => {
    const text = `{"a":${"[".repeat(depth)}${"]".repeat(depth)}}`;
    expect(parseJsonObject(Buffer.from(text)) !== undefined).toBe(readable);
  });

  it("may hold brackets and escaped quotes in its strings", () => {
    const value = { a: `${"[{".repeat(100)}\\"` };
    expect(parseJsonObject(Buffer.from(JSON.stringify(value)))).toEqual(value);
  });

  it("gives back any object that is not too deep", () => {
    assertProperty(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 5 })), (value) => {
        const text = JSON.stringify(value);
        expect(JSON.stringify(parseJsonObject(Buffer.from(text)))).toBe(text);
      }),
    );
  });
});

describe("a ring", () => {
  it("keeps the newest entries in their order", () => {
    assertProperty(
      fc.property(
        fc.integer({ min: 1, max: 5 }),
        fc.array(fc.nat(), { maxLength: 30 }),
        (capacity, entries) => {
          const ring = new Ring<number>(capacity);
          for (const entry of entries) ring.push(entry);
          expect(ring.toArray()).toEqual(entries.slice(-capacity));
        },
      ),
    );
  });
});

describe("seeded dice", () => {
  it("repeat, and stay from 0 up to 1", () => {
    const [a, b, c] = [seededRandom(7), seededRandom(7), seededRandom(8)].map((random) =>
      Array.from({ length: 1000 }, random),
    );
    expect(a).toEqual(b);
    expect(a).not.toEqual(c);
    expect(a?.every((number) => number >= 0 && number < 1)).toBe(true);
    const mean = (a ?? []).reduce((sum, number) => sum + number, 0) / 1000;
    expect(mean).toBeGreaterThan(0.45);
    expect(mean).toBeLessThan(0.55);
  });
});
