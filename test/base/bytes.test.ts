import { runInNewContext } from "node:vm";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  concat,
  decodeBase64,
  encodeBase64,
  equal,
  exactCopy,
  isBufferSource,
  viewOf,
} from "../../src/base/bytes.js";
import { assertProperty } from "../support/properties.js";

describe("Base64", () => {
  // RFC 4648, section 10.
  it.each([
    ["", ""],
    ["f", "Zg=="],
    ["fo", "Zm8="],
    ["foo", "Zm9v"],
    ["foob", "Zm9vYg=="],
    ["fooba", "Zm9vYmE="],
    ["foobar", "Zm9vYmFy"],
  ])("has the RFC's encoding of %j", (text, encoded) => {
    expect(encodeBase64(Buffer.from(text))).toBe(encoded);
    expect(Buffer.from(decodeBase64(encoded) ?? []).toString()).toBe(text);
  });

  it("gives back every sequence of bytes, in a buffer of its own length", () => {
    assertProperty(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        const decoded = decodeBase64(encodeBase64(bytes));
        expect(decoded).toEqual(bytes);
        expect(decoded?.buffer.byteLength).toBe(bytes.length);
      }),
    );
  });

  it("encodes a view without the rest of its buffer", () => {
    const whole = Uint8Array.from([1, 2, 3, 4, 5]);
    expect(encodeBase64(whole.subarray(1, 4))).toBe("AgME");
  });

  it.each([
    ["no padding", "Zg"],
    ["half of the padding", "Zg="],
    ["too much padding", "Zm9v===="],
    ["padding in the middle", "Zg==Zg=="],
    ["one character", "Z"],
    ["a line break inside", "Zm9v\nZm9v"],
    ["a line break at the end", "Zm9v\n"],
    ["a blank", "Zm9v Zm9v"],
    ["the URL alphabet", "-_-_"],
    ["another letter", "Zm9ä"],
    ["a NUL", "Zm9\0"],
  ])("refuses %s", (_what, text) => {
    expect(decodeBase64(text)).toBeUndefined();
  });

  it("takes what the standard allows and nothing else", () => {
    const standard = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;
    const almost = fc
      .tuple(
        fc.uint8Array({ maxLength: 40 }),
        fc.nat(60),
        fc.constantFrom(..."A+/=-_ \n\0é\u0100"),
        fc.nat(2),
      )
      .map(([bytes, at, character, removed]) => {
        const text = Buffer.from(bytes).toString("base64");
        return text.slice(0, at) + character + text.slice(at + removed);
      });
    assertProperty(
      fc.property(almost, (text) => {
        const decoded = decodeBase64(text);
        expect(decoded !== undefined).toBe(standard.test(text));
        if (decoded !== undefined) expect(Buffer.from(decoded)).toEqual(Buffer.from(text, "base64"));
      }),
      { numRuns: 2000 },
    );
  });

  it("refuses, or decodes to what encodes to the same text but for the last bits", () => {
    assertProperty(
      fc.property(fc.string({ unit: fc.constantFrom(..."AZaz09+/=-_ \n"), maxLength: 12 }), (text) => {
        const decoded = decodeBase64(text);
        if (decoded === undefined) return;
        const again = encodeBase64(decoded);
        expect(again.length).toBe(text.length);
        expect(decodeBase64(again)).toEqual(decoded);
      }),
    );
  });
});

describe("bytes", () => {
  it("are copied exactly and apart from the original", () => {
    const original = Uint8Array.from([1, 2, 3, 4]).subarray(1, 3);
    const copy = exactCopy(original);
    original[0] = 9;
    expect(copy).toEqual(Uint8Array.from([2, 3]));
    expect(copy.buffer.byteLength).toBe(2);
  });

  it("are viewed without a copy, by the view's own offset and length", () => {
    const buffer = Uint8Array.from([0, 1, 2, 3, 4, 5, 6, 7]).buffer;
    expect(viewOf(new DataView(buffer, 2, 3))).toEqual(Uint8Array.from([2, 3, 4]));
    expect(viewOf(new Uint16Array(buffer, 2, 2))).toEqual(Uint8Array.from([2, 3, 4, 5]));
    expect(viewOf(buffer).buffer).toBe(buffer);
  });

  it("are known as such in any realm, and only they", () => {
    const foreign = runInNewContext(
      "[new ArrayBuffer(2), new Uint8Array(2), new DataView(new ArrayBuffer(2))]",
    );
    for (const source of [...foreign, new ArrayBuffer(0), Buffer.alloc(1), new Float64Array(1)]) {
      expect(isBufferSource(source)).toBe(true);
    }
    for (const other of [undefined, null, 5, "text", {}, [1], new SharedArrayBuffer(1), new Blob([])]) {
      expect(isBufferSource(other)).toBe(false);
    }
    expect(viewOf(foreign[0])).toHaveLength(2);
  });

  it("are joined in order", () => {
    expect(concat()).toEqual(new Uint8Array());
    expect(concat(Uint8Array.of(1), new Uint8Array(), Uint8Array.of(2, 3))).toEqual(Uint8Array.of(1, 2, 3));
  });

  it("are equal only where length and content are", () => {
    expect(equal(Uint8Array.of(1, 2), Buffer.from([1, 2]))).toBe(true);
    expect(equal(Uint8Array.of(1, 2), Uint8Array.of(1, 3))).toBe(false);
    expect(equal(Uint8Array.of(1, 2), Uint8Array.of(1, 2, 0))).toBe(false);
    expect(equal(new Uint8Array(), new Uint8Array())).toBe(true);
  });
});
