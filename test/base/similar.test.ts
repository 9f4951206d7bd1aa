import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { mostSimilar } from "../../src/base/similar.js";
import { assertProperty } from "../support/properties.js";

describe("the word that was probably meant", () => {
  it.each([
    ["sha265", ["sha256", "sha384"], "sha256"],
    ["SHA-256", ["sha256", "sha384"], "sha256"],
    ["demo/rsa-2084", ["demo/p-256", "demo/rsa-2048", "demo/rsa-3072"], "demo/rsa-2048"],
    ["My-App/Relase", ["my-app/test", "my-app/release"], "my-app/release"],
    ["authenticod", ["cms", "raw", "authenticode"], "authenticode"],
  ])("%s of %j is %s", (word, candidates, meant) => {
    expect(mostSimilar(word, candidates)).toBe(meant);
  });

  it.each([
    ["zip", ["cms", "raw"]],
    ["md5", ["sha256", "sha384", "sha512"]],
    ["app/dev", ["app/prod"]],
    ["", ["a"]],
    ["x".repeat(100_000), ["demo/rsa-2048"]],
  ])("%.20s is none of %j", (word, candidates) => {
    expect(mostSimilar(word, candidates)).toBeUndefined();
  });

  it("is found with a letter missing, doubled, replaced or exchanged with its neighbour", () => {
    const word = fc.stringMatching(/^[a-z]{6,20}$/);
    assertProperty(
      fc.property(
        word,
        fc.nat(),
        fc.constantFrom("missing", "doubled", "replaced", "exchanged"),
        (right, place, slip) => {
          const at = place % (right.length - 1);
          const [before, letter, next, after] = [
            right.slice(0, at),
            right[at],
            right[at + 1],
            right.slice(at + 2),
          ];
          const slips = {
            missing: `${before}${next}${after}`,
            doubled: `${before}${letter}${letter}${next}${after}`,
            replaced: `${before}#${next}${after}`,
            exchanged: `${before}${next}${letter}${after}`,
          };
          expect(mostSimilar(slips[slip], ["0123456789", right])).toBe(right);
        },
      ),
    );
  });
});
