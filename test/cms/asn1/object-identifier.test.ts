import { describe, expect, it } from "vitest";
import { MalformedAsn1, readElement } from "../../../src/cms/asn1/element.js";
import { objectIdentifier, readObjectIdentifier } from "../../../src/cms/asn1/object-identifier.js";

function read(hex: string): string {
  return readObjectIdentifier(readElement(new Uint8Array(Buffer.from(hex, "hex"))));
}

describe("an object identifier", () => {
  it.each(["1.2.840.113549.1.7.2", "2.16.840.1.101.3.4.2.1", "0.4.0.1733.2.1", "2.999.1"])(
    "is read as it was written: %s",
    (dotted) => {
      expect(readObjectIdentifier(readElement(objectIdentifier(dotted)))).toBe(dotted);
    },
  );

  it.each([
    ["longer than any that is verified, which would take the square of its length", `0641${"2a".repeat(65)}`],
    ["one whose number is longer", `0640${"ff".repeat(63)}01`],
    ["an empty one", "0600"],
    ["one that does not end", "06022aff"],
    ["values within each other", "30063004300230 00".replace(" ", "")],
    ["another value", "04012a"],
  ])("is none that is %s", (_title, hex) => {
    expect(() => read(hex)).toThrow(MalformedAsn1);
  });

  it("is none where there is no value", () => {
    expect(() => readObjectIdentifier(undefined)).toThrow(MalformedAsn1);
  });
});
