import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decodeBase64url, encodeBase64url } from "../../src/adapter/base64url.js";
import { assertProperty } from "../support/properties.js";

describe("Base64url", () => {
  it.each([
    ["", ""],
    ["f", "Zg"],
    ["fo", "Zm8"],
    ["foobar", "Zm9vYmFy"],
    ["\xfb\xff", "-_8"],
  ])("of %j is %s (RFC 4648, section 10, without padding)", (text, encoded) => {
    expect(encodeBase64url(Buffer.from(text, "latin1"))).toBe(encoded);
    expect(decodeBase64url(encoded)).toEqual(Uint8Array.from(Buffer.from(text, "latin1")));
  });

  it("gives back all bytes, those of a view alone, in a buffer of their own", () => {
    assertProperty(
      fc.property(fc.uint8Array(), fc.nat(5), (bytes, start) => {
        const view = bytes.subarray(Math.min(start, bytes.length));
        const decoded = decodeBase64url(encodeBase64url(view));
        expect(decoded).toEqual(Uint8Array.from(view));
        expect(decoded?.buffer.byteLength).toBe(view.length);
      }),
    );
  });

  it.each(["Zg==", "Zg=", "+/8", "Z", "Zh", "Zm9", "Zg\n", " Zg", "Z g", "Zg\0", "Zgé", "Zm8*", "Zh\u0161"])(
    "is refused with another alphabet, padding, white space or bits that are left over: %j",
    (text) => {
      expect(decodeBase64url(text)).toBeUndefined();
    },
  );
});
