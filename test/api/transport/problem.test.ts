import { describe, expect, it } from "vitest";
import type { ServerWords } from "../../../src/api/transport/problem.js";
import { readServerWords } from "../../../src/api/transport/problem.js";

const CANARY = "AIk/canary+value=";

function read(body: string | object): ServerWords {
  const text = typeof body === "string" ? body : JSON.stringify(body);
  return readServerWords(Buffer.from(text), (words) => words.replaceAll(CANARY, "***"));
}

describe("a problem body", () => {
  it("is taken as it is, and its messages are the words", () => {
    // As recorded from the service.
    const body = {
      errors: {
        SigningPolicySlug: ["There is no signing policy with slug 'x' in the project with slug 'y'."],
      },
      type: "https://tools.ietf.org/html/rfc9110#section-15.5.1",
      title: "One or more validation errors occurred.",
      status: 400,
      traceId: "00-7b0c62cd1e9a4f1b9f0d3c0b8a7e6d5c-1122334455667788-00",
    };
    const { problem, words } = read(body);
    expect(problem).toEqual(body);
    expect(words).toBe(
      "SigningPolicySlug: There is no signing policy with slug 'x' in the project with slug 'y'.",
    );
  });

  it("has its messages in order, those about the whole request without a field", () => {
    expect(read({ errors: { "": ["One.", "Two."], Field: ["Three."], Other: "Four." } }).words).toBe(
      "One. Two. Field: Three. Other: Four.",
    );
  });

  it("has its detail for words, else its title", () => {
    expect(read({ title: "Forbidden", detail: "You are no submitter.", status: 403 }).words).toBe(
      "You are no submitter.",
    );
    expect(read({ title: "Forbidden", errors: {} }).words).toBe("Forbidden");
    expect(read({ status: 403 }).words).toBe("");
  });

  it("may have its members in any case, with anything in them", () => {
    expect(read({ Title: "T", TRACEID: "1", Status: "400", Detail: 7, type: null, errors: ["e"] })).toEqual({
      problem: { title: "T", traceId: "1", errors: { 0: ["e"] } },
      words: "0: e",
    });
    expect(read({ errors: { a: [1, null, "x", {}], b: 5 }, detail: "d" }).problem?.errors).toEqual({
      a: ["x"],
      b: [],
    });
  });

  it("may be long: twenty fields with twenty messages of a thousand characters are kept", () => {
    const errors = Object.fromEntries(
      Array.from({ length: 30 }, (_, index) => [`f${index}`, Array(30).fill("m")]),
    );
    const { problem } = read({ errors });
    expect(Object.keys(problem?.errors ?? {})).toHaveLength(20);
    expect(problem?.errors?.["f3"]).toHaveLength(20);
    expect(read({ detail: "d".repeat(5000) }).words).toHaveLength(1000);
  });

  it("may name fields after the properties that every object has", () => {
    const { problem, words } = read('{"errors": {"__proto__": ["a"], "constructor": ["b"]}}');
    expect(words).toBe("__proto__: a constructor: b");
    expect(Object.keys(problem?.errors ?? {})).toEqual(["__proto__", "constructor"]);
  });
});

describe("another body", () => {
  it.each([
    ["", ""],
    [" \r\n ", ""],
    ["Access denied.", "Access denied."],
    ["two\r\nlines\tand  more", "two lines and more"],
    ["{ not JSON", "{ not JSON"],
    ['["a list"]', '["a list"]'],
    ["<html><head><title>502 Bad\n Gateway</title></head><body>x</body></html>", "502 Bad Gateway"],
    ['<!DOCTYPE html><TITLE lang="en">Oops</TITLE>', "Oops"],
    ["<html><body>no title</body></html>", "an HTML page"],
    ["  <p>x</p>", "an HTML page"],
  ])("of %j has the words %j", (body, words) => {
    expect(read(body)).toEqual({ words });
  });

  it("is cut to 300 characters", () => {
    expect(read("x".repeat(1000)).words).toHaveLength(300);
  });

  it("may be binary", () => {
    const words = readServerWords(Buffer.from([0xff, 0xfe, 0, 1, 2, 0x41]), (text) => text);
    expect(words.words).toMatch(/^\uFFFD\uFFFD A$/);
  });
});

describe("what the server says", () => {
  const nasty = "a\u001b[31mb\u0000c\u202Ed\u2066e\u200Bf\u2028g\u0085h\uFEFFi\u007Fj";

  it("has no control characters and none that turn or hide text", () => {
    const words = "a [31mb c d e f g h i j";
    expect(read(nasty).words).toBe(words);
    expect(read({ title: nasty, detail: nasty, traceId: nasty, errors: { [nasty]: [nasty] } })).toEqual({
      problem: { title: words, detail: words, traceId: words, errors: { [words]: [words] } },
      words: `${words}: ${words}`,
    });
    expect(read(`<title>${nasty}</title>`).words).toBe(words);
  });

  it("never repeats the token", () => {
    const said = `bad ${CANARY}!`;
    expect(read(said).words).toBe("bad ***!");
    expect(read(`<title>${said}</title>`).words).toBe("bad ***!");
    const all = read({
      type: said,
      title: said,
      detail: said,
      instance: said,
      traceId: said,
      errors: { [said]: [said] },
    });
    expect(JSON.stringify(all)).not.toContain("canary");
  });

  it("does not repeat a part of the token where it is cut", () => {
    for (let before = 280; before <= 300; before++) {
      expect(read(`${"x".repeat(before)}${CANARY}`).words).not.toContain("AIk");
    }
    for (let before = 980; before <= 1000; before++) {
      expect(read({ detail: `${"x".repeat(before)}${CANARY}` }).words).not.toContain("AIk");
    }
    const end = 64 * 1024;
    for (const before of [end - 17, end - 10, end - 3]) {
      const body = `<title>${" ".repeat(before - 7)}${CANARY}`;
      expect(read(body).words).not.toContain("AIk");
    }
  });
});
