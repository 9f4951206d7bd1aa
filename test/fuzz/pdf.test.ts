import fc from "fast-check";
import type { SigningPolicy } from "../../src/index.js";
import { signPdf } from "../../src/toolkit/pdf/index.js";
import { useSignPath } from "../cms/support.js";
import { useEmulator } from "../support/emulator.js";
import { spoiltText } from "./arbitraries.js";
import { fuzzAsync } from "./harness.js";
import { expectCoded } from "./oracles.js";

const emulator = useEmulator();
const signpath = useSignPath(emulator);
const policy = (): Promise<SigningPolicy> => signpath().policy("demo/p-256");

const RANGE = "/ByteRange [0 /********** /********** /**********]";
const SIGNATURE = `<</Type /Sig /Filter /Adobe.PPKLite /SubFilter /ETSI.CAdES.detached ${RANGE} /Reason (a \\(text\\)) /Contents <ROOM>>>`;
/** A file as @signpdf/placeholder-plain makes it, without pages. */
const FILE = [
  "%PDF-1.7\n1 0 obj\n<</Type /Catalog /AcroForm 2 0 R>>\nendobj",
  "2 0 obj\n<</Fields [3 0 R] /SigFlags 3>>\nendobj\n3 0 obj\n<</FT /Sig /V 4 0 R>>\nendobj",
  `4 0 obj\n${SIGNATURE}\nendobj\nxref\n0 5\n0000000000 65535 f \ntrailer\n<</Root 1 0 R>>\nstartxref\n300\n%%EOF\n`,
].join("\n");
const PIECES = [
  ...[
    RANGE,
    SIGNATURE,
    "/ByteRange",
    "/ByteRange [",
    "/ByteRange [0 1 2 3]",
    "/**********",
    "[",
    "]",
    "<",
    ">",
  ],
  ...["/Contents ", "/Contents <00>", "/SubFilter", "/SubFilter /adbe.pkcs7.detached", "(", ")", "\\", "\\("],
  ...["endobj", " obj", "\n%%EOF", "%%EOF\n%%EOF\n", "stream\n", "ROOM"],
];

fuzzAsync("pdf", "a PDF file that was changed is signed, or is refused as CONFIG_INVALID", {
  inputs: fc.tuple(
    fc.oneof(
      spoiltText(fc.constant(FILE), ...PIECES),
      spoiltText(fc.constant(`${SIGNATURE}\n%%EOF\n`), ...PIECES),
    ),
    fc.constantFrom(0, 1, 100, 4000, 20_000, 20_001),
  ),
  check: async ([text, digits]) => {
    try {
      const pdf = Buffer.from(text.replaceAll("ROOM", "0".repeat(digits)), "latin1");
      await signPdf(pdf, { policy: await policy() });
    } catch (error) {
      expectCoded(error, "CONFIG_INVALID");
    }
  },
});
