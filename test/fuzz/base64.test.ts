import fc from "fast-check";
import { decodeBase64, encodeBase64 } from "../../src/base/bytes.js";
import { fromBase64 } from "../../src/emulator/base64.js";
import { HOSTILE_NAMES, spoiltText } from "./arbitraries.js";
import { fuzz } from "./harness.js";

/** RFC 4648, section 4, as a grammar. */
const STANDARD = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

const encoded = fc.uint8Array({ maxLength: 80 }).map((bytes) => Buffer.from(bytes).toString("base64"));

// The last ones have the low byte of a letter, or fold to one.
const PIECES = [
  "=",
  "==",
  "===",
  "-",
  "_",
  "+",
  "/",
  " ",
  "\t",
  "\n",
  "A",
  "\u0141",
  "\u212a",
  "\uff21",
  "\u00c1",
];

fuzz("base64", "what is Base64 is decoded to its bytes, and nothing else is", {
  inputs: fc.oneof(
    { weight: 6, arbitrary: spoiltText(encoded, ...PIECES) },
    { weight: 2, arbitrary: encoded },
    {
      weight: 1,
      arbitrary: fc.array(fc.constantFrom(...PIECES, "QUJD"), { maxLength: 12 }).map((list) => list.join("")),
    },
    { weight: 1, arbitrary: fc.string({ unit: "binary", maxLength: 24 }) },
    {
      weight: 1,
      arbitrary: fc.constantFrom(...HOSTILE_NAMES, "QUI=QUI=", "QQ==QQ==", "Q===", "====", "QR=="),
    },
  ),
  check: (text) => {
    const decoded = decodeBase64(text);
    if ((decoded !== undefined) !== STANDARD.test(text)) throw new Error("the grammar says something else");
    const strict = fromBase64(text);
    if (strict !== undefined && decoded === undefined) throw new Error("the emulator is laxer");
    if (decoded === undefined) return;
    const canonical = encodeBase64(decoded);
    if ((strict !== undefined) !== (canonical === text))
      throw new Error("the emulator takes what is not canonical");
    if (!Buffer.from(decodeBase64(canonical) ?? []).equals(decoded)) throw new Error("other bytes come back");
    if (decoded.byteLength !== decoded.buffer.byteLength)
      throw new Error("the buffer is longer than its content");
  },
});
