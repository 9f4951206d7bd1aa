import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { withoutSecrets } from "../../src/base/secrets.js";
import { assertProperty } from "../support/properties.js";

const SECRET = "AIk/canary+value0123==";

const hex = (character: string): string => character.charCodeAt(0).toString(16);
const CHARACTERS = [...SECRET];
const NAMES: Readonly<Record<string, string>> = { "+": "&plus;", "/": "&sol;", "=": "&equals;" };

describe("a secret in a text", () => {
  it.each<[string, string]>([
    ["as it is", SECRET],
    ["in an address", encodeURIComponent(SECRET)],
    ["in an address, with small digits", encodeURIComponent(SECRET).toLowerCase().replace("aik", "AIk")],
    ["in an address within an address", encodeURIComponent(encodeURIComponent(SECRET))],
    ["in an address, each character", CHARACTERS.map((each) => `%${hex(each)}`).join("")],
    ["in JSON as .NET writes it", SECRET.replaceAll("+", "\\u002B")],
    ["in JSON, with slashes escaped", SECRET.replaceAll("/", "\\/")],
    ["in JSON within JSON", SECRET.replaceAll("+", "\\\\u002B").replaceAll("/", "\\\\\\/")],
    ["in JSON, each character", CHARACTERS.map((each) => `\\u00${hex(each)}`).join("")],
    ["in HTML as .NET writes it", SECRET.replaceAll("+", "&#x2B;")],
    ["in HTML, decimal", CHARACTERS.map((each) => `&#${each.charCodeAt(0)};`).join("")],
    ["in HTML, by names", CHARACTERS.map((each) => NAMES[each] ?? each).join("")],
  ])("is taken out %s", (_, form) => {
    expect(withoutSecrets(`Bearer ${form}, and 100 % of "${form}"`, [SECRET])).toBe(
      'Bearer ***, and 100 % of "***"',
    );
  });

  it("is taken out with each character in whatever form", () => {
    const visible = fc.integer({ min: 0x21, max: 0x7e }).map((code) => String.fromCharCode(code));
    const plain = visible.filter((character) => !/[%\\&]/.test(character));
    const forms = (character: string): string[] => [
      ...[character, `%${hex(character)}`, `%25${hex(character).toUpperCase()}`],
      ...[`\\u00${hex(character)}`, `&#x0${hex(character).toUpperCase()};`, `&#${character.charCodeAt(0)};`],
    ];
    assertProperty(
      fc.property(
        fc.array(fc.tuple(plain, fc.nat(5)), { minLength: 16, maxLength: 60 }),
        fc.array(plain, { minLength: 16, maxLength: 60 }),
        (characters, other) => {
          const secret = characters.map(([character]) => character).join("");
          const form = characters.map(([character, index]) => forms(character)[index] ?? "").join("");
          expect(withoutSecrets(`<${form}> &amp; \\`, [other.join(""), secret])).toBe("<***> &amp; \\");
        },
      ),
      { seed: 20_261_126 },
    );
  });

  it("goes as a whole where another is its beginning", () => {
    expect(withoutSecrets("secret-of-mine%2Bmore", ["secret-of-mine", "secret-of-mine+more"])).toBe("***");
  });

  it("leaves everything else as it is", () => {
    const text = "50 % &amp; \\n %zz &#9999999; &unknown; \\u12 AIk%2Fcanary";
    expect(withoutSecrets(text, [SECRET])).toBe(text);
  });

  it("is found in time linear in the text, whatever that holds", () => {
    for (const piece of ["\\", "%25", "&#x0", "&#0", "&am", "%2"]) {
      const text = piece.repeat(Math.ceil(2 ** 20 / piece.length));
      expect(withoutSecrets(`${text} ${encodeURIComponent(SECRET)}`, [SECRET]).endsWith("***")).toBe(true);
    }
  });
});
