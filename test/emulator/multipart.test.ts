import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Part } from "../../src/emulator/http/multipart.js";
import { MultipartError, parseMultipart } from "../../src/emulator/http/multipart.js";
import { parseParameters } from "../../src/emulator/http/parameters.js";
import { assertProperty } from "../support/properties.js";
import { cpuTime, multipart } from "./support.js";

const boundaries = fc.stringMatching(/^[0-9A-Za-z'()+_,./:=?-]{1,70}$/);
const names = fc
  .string({ unit: "grapheme", maxLength: 20 })
  .filter((name) => !/[\p{Cc}\u2028\u2029]/u.test(name));
const parts = fc.array(
  fc.record({
    name: names,
    fileName: fc.option(names, { nil: undefined }),
    content: fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes)),
  }),
  { maxLength: 6 },
);

function quoted(text: string): string {
  return `"${text.replace(/["\\]/g, "\\$&")}"`;
}

function bodyOf(boundary: string, list: readonly Part[]): Buffer {
  const raw = list.map(({ name, fileName, content }) => {
    const file = fileName === undefined ? "" : `; filename=${quoted(fileName)}`;
    return { headers: [`Content-Disposition: form-data; name=${quoted(name)}${file}`], content };
  });
  return multipart(boundary, raw);
}

function attempt(body: Buffer, boundary: string): readonly Part[] | "refused" {
  try {
    return parseMultipart(body, boundary);
  } catch (error) {
    if (error instanceof MultipartError) return "refused";
    throw error;
  }
}

describe("the multipart parser", () => {
  it("gives back what any form was made from", () => {
    assertProperty(
      fc.property(boundaries, parts, (boundary, list) => {
        fc.pre(list.every(({ content }) => !content.includes(`--${boundary}`)));
        expect(attempt(bodyOf(boundary, list), boundary)).toEqual(list);
      }),
      { numRuns: 1000 },
    );
  });

  it("refuses every truncation of a form but one that only lacks the last line end", () => {
    const body = bodyOf("X", [
      { name: "a", fileName: undefined, content: Buffer.from("1") },
      { name: "b", fileName: "c", content: Buffer.from("2\r\n3") },
    ]);
    const complete = body.length - 2;
    for (let length = 0; length < complete; length++) {
      expect(attempt(body.subarray(0, length), "X"), `${length} bytes`).toBe("refused");
    }
    expect(attempt(body.subarray(0, complete), "X")).toHaveLength(2);
  });

  it("survives any bytes", () => {
    const pieces = fc.oneof(
      fc.constantFrom(
        "--X",
        "\r\n",
        "\r\n--X",
        "--",
        "\r\n\r\n",
        'Content-Disposition: form-data; name="a"',
        ":",
        '"',
        "\\",
        "X",
      ),
      fc.string({ maxLength: 5 }),
    );
    assertProperty(
      fc.property(fc.array(pieces, { maxLength: 40 }), (list) => {
        attempt(Buffer.from(list.join("")), "X");
      }),
      { numRuns: 3000 },
    );
    assertProperty(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        attempt(Buffer.from(bytes), "X");
      }),
      { numRuns: 1000 },
    );
  });

  it("survives one changed byte anywhere in a form", () => {
    const body = bodyOf("boundary", [{ name: "name", fileName: "file", content: Buffer.from("content") }]);
    assertProperty(
      fc.property(fc.nat(body.length - 1), fc.integer({ min: 0, max: 255 }), (at, byte) => {
        const changed = Buffer.from(body);
        changed[at] = byte;
        attempt(changed, "boundary");
      }),
      { numRuns: 2000 },
    );
  });

  it.each([
    ["boundaries that are none", "\r\n--X"],
    ["line ends", "\r\n"],
    ["almost boundaries", "\r\n--"],
    ["dashes", "-"],
    ["quotes", '"\\'],
    ["padding", "--X \t"],
  ])("takes little time for a mebibyte of %s", async (_what, piece) => {
    const flood = Buffer.alloc(1024 * 1024, piece);
    const bodies = [
      flood,
      Buffer.concat([Buffer.from("--X\r\n"), flood]),
      Buffer.concat([Buffer.from('--X\r\nContent-Disposition: form-data; name="'), flood]),
      Buffer.concat([Buffer.from("--X\r\nContent-Disposition: form-data; name=a\r\n\r\n"), flood]),
    ];
    const spent = await cpuTime(() => {
      for (const body of bodies) attempt(body, "X");
    });
    expect(spent).toBeLessThan(500);
  });

  it("takes little time for hostile headers of the largest size", async () => {
    const spent = await cpuTime(() => {
      for (const piece of ["; a=", ';a="', "; ", ";a=b;", '\\"', ";\t\t\t"]) {
        parseParameters(`form-data${piece.repeat(8192 / piece.length)}`);
      }
    });
    expect(spent).toBeLessThan(200);
  });
});

describe("a header with parameters", () => {
  it.each([
    ["form-data", []],
    ["form-data;", []],
    ["form-data; name=a", [["name", "a"]]],
    [
      'FORM-DATA;Name="a b"; FILENAME="c\\"d\\\\e"',
      [
        ["name", "a b"],
        ["filename", 'c"d\\e'],
      ],
    ],
    ['x; a=""', [["a", ""]]],
  ])("is read: %s", (text, parameters) => {
    const parsed = parseParameters(text);
    expect([...(parsed?.parameters ?? [["not", "read"]])]).toEqual(parameters);
  });

  it.each(["", "; a=b", "x; a", "x; a=", 'x; a="b', "x a=b", "x; a=b; a=c", "x; a=b c", 'x; a="b"c'])(
    "is refused: '%s'",
    (text) => {
      expect(parseParameters(text)).toBeUndefined();
    },
  );
});
