import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Gap } from "../../src/cms/sign/encode.js";
import { encodeAround } from "../../src/cms/sign/encode.js";
import type { SignedDataParts } from "../../src/cms/sign/signed-data.js";
import { assertProperty } from "../support/properties.js";
import { child, readDer } from "./der.js";

/** A SignedData with as much in it as its encoding looks at. */
function parts(certificates: readonly Uint8Array[]): SignedDataParts {
  const der = (hex: string): Uint8Array<ArrayBuffer> => new Uint8Array(Buffer.from(hex, "hex"));
  return {
    version: 1,
    digestAlgorithms: [der("300b0609608648016503040201")],
    contentType: "1.2.840.113549.1.7.1",
    certificates: certificates.map((each) => new Uint8Array(each)),
    crls: [],
    signerInfos: [der("3003020101")],
  };
}

/** A gap for content. */
const gapOf = (bytes: number): Gap => ({ bytes, isOctetString: true });

const NULL = Uint8Array.of(5, 0);

/** Lengths of content around each change of a length's form. */
const lengths = fc.oneof(
  fc.integer({ min: 0, max: 300 }),
  fc.integer({ min: 65_100, max: 65_700 }),
  fc.constantFrom(2 ** 24 - 1, 2 ** 24),
);

describe("encodeAround", () => {
  it("makes DER around content of any length", () => {
    assertProperty(
      fc.property(lengths, (length) => {
        const { before, after } = encodeAround(
          parts([NULL]),
          length === undefined ? undefined : gapOf(length),
        );
        const content = Buffer.alloc(length, 0x61);
        const whole = readDer(Buffer.concat([before, content, after]));
        expect(child(whole, 1, 0, 2, 1, 0).content.equals(content)).toBe(true);
      }),
      { numRuns: 60 },
    );
  });

  it.each([
    [2 ** 31, "048480000000"],
    [2 ** 32 - 1, "0484ffffffff"],
    [2 ** 32, "04850100000000"],
    [2 ** 40 + 1, "0486010000000001"],
  ])("counts content of %d bytes", (length, header) => {
    const { before, after } = encodeAround(parts([NULL]), gapOf(length));
    expect(Buffer.from(before).toString("hex").endsWith(header)).toBe(true);
    const size = Number(
      `0x${Buffer.from(before)
        .subarray(2, 2 + ((before[1] ?? 0) & 0x7f))
        .toString("hex")}`,
    );
    const headerLength = 2 + ((before[1] ?? 0) & 0x7f);
    expect(headerLength + size).toBe(before.length + length + after.length);
  });

  it("leaves no trace of detached content, and an empty string of empty content", () => {
    const around = (length: number | undefined) => {
      const { before, after } = encodeAround(parts([NULL]), length === undefined ? undefined : gapOf(length));
      return child(readDer(Buffer.concat([before, after])), 1, 0, 2).children.slice(1);
    };
    expect(around(undefined)).toEqual([]);
    expect(around(0).map(({ bytes }) => bytes.toString("hex"))).toEqual(["a0020400"]);
  });

  it("puts certificates in as they are, in the order of DER", () => {
    const certificates = ["300402020001", "3003020102", "3003020101"].map((hex) => Buffer.from(hex, "hex"));
    const { after } = encodeAround(parts(certificates), undefined);
    expect(Buffer.from(after).toString("hex").slice(0, 36)).toBe(
      "a010300302010130030201023004020200 01".replace(" ", ""),
    );
  });
});
