import { describe, expect, it } from "vitest";
import { verifyCms } from "../../../src/cms/index.js";
import type { Der } from "../der.js";
import { readDer } from "../der.js";
import { AT, FIXTURES, fixture, ROOT } from "./support/fixtures.js";
import { der, indefinite } from "./support/write-der.js";

const CONSTRUCTED = 0x20;
const OCTET_STRING = 0x04;

/** The same value in BER: every length that can be is indefinite, every OCTET STRING is in pieces. */
function toBer({ tag, bytes, content, children }: Der): Buffer {
  if (tag === OCTET_STRING) {
    const middle = content.length >> 1;
    return indefinite(
      0x24,
      der(OCTET_STRING, content.subarray(0, middle)),
      der(0x24, der(OCTET_STRING, content.subarray(middle))),
    );
  }
  return (tag & CONSTRUCTED) === 0 ? bytes : indefinite(tag, ...children.map(toBer));
}

/** The same with definite lengths around indefinite ones. */
function mixed({ tag, bytes, children }: Der, depth = 0): Buffer {
  if ((tag & CONSTRUCTED) === 0) return bytes;
  const inner = children.map((child) => (depth < 4 ? mixed(child, depth + 1) : toBer(child)));
  return depth % 2 === 0 ? der(tag, ...inner) : indefinite(tag, ...inner);
}

/** Those in DER; the others have other values than DER's in them. */
const rows = FIXTURES.filter(({ name }) => /^openssl-(?!stream|.*pem)/.test(name)).map(
  (each) => [each.name, each] as const,
);

describe("every form of BER is the same signature", () => {
  it.each(rows)("%s", async (name, { content, certificates, allowWeakDigests }) => {
    const value = readDer(fixture(name));
    for (const form of [toBer(value), mixed(value)]) {
      expect(form.equals(value.bytes)).toBe(false);
      const { signers } = await verifyCms(form, {
        roots: [ROOT],
        at: AT,
        content,
        certificates,
        allowWeakDigests,
      });
      expect(signers.every(({ verified }) => verified)).toBe(true);
    }
  });
});
