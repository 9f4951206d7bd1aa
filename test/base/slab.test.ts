import { describe, expect, test } from "vitest";
import { Slab } from "../../src/base/slab.js";

describe("copies in a slab", () => {
  test("hold what was copied, whatever is copied later and whatever becomes of the original", () => {
    const slab = new Slab();
    const lengths = Array.from({ length: 400 }, (_, index) => (index * 7919) % 20_000);
    const copies = lengths.map((length, index) => {
      const original = new Uint8Array(length).fill(index);
      const copy = slab.copy(original);
      original.fill(255);
      return copy;
    });
    for (const [index, copy] of copies.entries()) {
      expect(copy).toHaveLength(lengths[index] ?? 0);
      expect(copy.every((byte) => byte === index % 256)).toBe(true);
    }
  });

  test("of few bytes share memory, of many have their own", () => {
    const slab = new Slab();
    const small = slab.copy(new Uint8Array(600));
    expect(slab.copy(new Uint8Array(600)).buffer).toBe(small.buffer);
    expect(slab.copy(new Uint8Array(1024 * 1024)).buffer).not.toBe(small.buffer);
    expect(slab.copy(new Uint8Array(600)).buffer).toBe(small.buffer);
  });
});
