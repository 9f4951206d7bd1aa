import { describe, expect, it } from "vitest";
import { ecdsaSignatureValue } from "../../../src/cms/asn1/ecdsa-signature-value.js";
import { derOf } from "../../support/ecdsa-der.js";

describe("an ECDSA-Sig-Value", () => {
  it.each([
    ["with the highest bit set", "ff".repeat(32) + "80".repeat(32)],
    ["without it", "7f".repeat(32) + "01".repeat(32)],
    ["with leading zeros", `${"00".repeat(31)}01${"00".repeat(16)}${"80".repeat(16)}`],
    ["of a field of 521 bits", `01${"ab".repeat(65)}00${"cd".repeat(65)}`],
  ])("has integers without superfluous bytes, for numbers %s", (_title, hex) => {
    const fixed = Uint8Array.from(Buffer.from(hex, "hex"));
    expect(Buffer.from(ecdsaSignatureValue(fixed))).toEqual(Buffer.from(derOf(fixed)));
  });
});
