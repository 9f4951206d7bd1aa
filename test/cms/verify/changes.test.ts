import { describe, expect, it } from "vitest";
import { CmsVerificationError, verifyCms } from "../../../src/cms/index.js";
import type { Fixture } from "./support/fixtures.js";
import { AT, FIXTURES, fixture, ROOT } from "./support/fixtures.js";

/** Signatures with no other certificate than the signer's, so that there is nothing in them that does not count. */
const WHOLE = [
  "openssl-key-identifier.p7s",
  "openssl-ecdsa.p7s",
  "openssl-pss.p7s",
  "openssl-no-attributes-attached.p7m",
  "bc-attached.p7m",
];
const rows = FIXTURES.filter(({ name }) => WHOLE.includes(name)).map((each): [string, Fixture] => [
  each.name,
  each,
]);

describe("a single byte that is changed, wherever it is, makes a signature no good", () => {
  it.each(rows)("%s", { timeout: 300_000 }, async (name, { content }) => {
    const original = fixture(name);
    expect(rows).toHaveLength(WHOLE.length);
    const survivors: number[] = [];
    for (let index = 0; index < original.length; index++) {
      const changed = Buffer.from(original);
      // 0x20 would change the case of a letter, which in a name counts for nothing.
      changed[index] = (changed[index] ?? 0) ^ (index % 3 === 0 ? 0x80 : 1);
      try {
        await verifyCms(changed, { roots: [ROOT], at: AT, content });
        survivors.push(index);
      } catch (error) {
        if (!(error instanceof CmsVerificationError)) throw error;
      }
    }
    expect(survivors).toEqual([]);
  });
});
