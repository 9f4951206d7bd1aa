import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { html, webAddress } from "../../../src/emulator/pages/html.js";
import { assertProperty } from "../../support/properties.js";

describe("a template", () => {
  test("escapes text, in elements and in attributes", () => {
    const evil = `"><script>alert('1')</script>&\``;
    expect(html`<a title="${evil}">${evil}</a>`.toString()).toBe(
      `<a title="${escaped(evil)}">${escaped(evil)}</a>`,
    );
  });

  test("leaves markup of other templates as it is, joins lists, and writes nothing for what is not there", () => {
    const items = ["a", "<b>"].map((item) => html`<li>${item}</li>`);
    expect(html`<ul>${items}${undefined}${false}${[]}${0}</ul>`.toString()).toBe(
      "<ul><li>a</li><li>&#60;b&#62;</li>0</ul>",
    );
  });

  test("shows what would be invisible or turn the text round, but for line ends and tabs", () => {
    expect(html`${"a\u202eb\u0000c\u2028d\n\te"}`.toString()).toBe("a\\u{202e}b\\u{0}c\\u{2028}d\n\te");
  });

  test("lets no text end an element or an attribute, whatever it is", () => {
    assertProperty(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        const markup = html`${text}`.toString();
        expect(markup).not.toMatch(/[<>"'`]|&(?!#\d+;)/);
      }),
      { numRuns: 50 },
    );
  });
});

describe("an address from outside", () => {
  test.each([
    "javascript:alert(1)",
    " JavaScript:alert(1)",
    "java\nscript:alert(1)",
    "data:text/html,<script>alert(1)</script>",
    "vbscript:x",
    "file:///etc/passwd",
    "//evil.example/",
    "/ui/faults",
    "https://name:password@example.org/",
    "",
    undefined,
  ])("is no link: %j", (text) => {
    expect(webAddress(text)).toBeUndefined();
  });

  test("is a link with http and https", () => {
    expect(webAddress("https://ci.example/build/1?a=b#c")).toBe("https://ci.example/build/1?a=b#c");
    expect(webAddress("http://ci.example")).toBe("http://ci.example/");
  });
});

function escaped(text: string): string {
  return text.replace(/[&<>"'`]/g, (character) => `&#${character.charCodeAt(0)};`);
}
