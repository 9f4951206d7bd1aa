/** Identifier octets (X.690, section 8.1.2). */
export const TAG = {
  endOfContents: 0x00,
  boolean: 0x01,
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  null: 0x05,
  oid: 0x06,
  enumerated: 0x0a,
  utcTime: 0x17,
  generalizedTime: 0x18,
  constructedOctetString: 0x24,
  sequence: 0x30,
  set: 0x31,
} as const;

/** The bit of an identifier octet that says that there are values inside. */
export const CONSTRUCTED = 0x20;

/** The identifier octet of a context-specific tag. */
export function context(number: number, form: "primitive" | "constructed"): number {
  return 0x80 | (form === "constructed" ? CONSTRUCTED : 0) | number;
}
