import { describe, expect, it } from "vitest";
import { loadPdfKit, withPlaceholder } from "../../../src/cli/sign/formats/pdf-placeholder.js";
import { codedFailureOf } from "../../support/failure.js";
import { plainPdf } from "../../toolkit/pdf-support.js";

const kit = await loadPdfKit();
const input = { kit, signatureLength: 4000, subFilter: "ETSI.CAdES.detached" } as const;

/** A file of these objects, the first of which is the catalog. */
function pdfOf(...objects: readonly string[]): Buffer {
  const numbered = objects.map((object, index) => `${index + 1} 0 obj\n${object}\nendobj`);
  return Buffer.from(`%PDF-1.7\n${numbered.join("\n")}\ntrailer\n<</Root 1 0 R>>\nstartxref\n0\n%%EOF\n`);
}

const CATALOG = "<</Type/Catalog/Pages 2 0 R>>";
const times = (count: number, text: string): string => Array.from({ length: count }, () => text).join(" ");

describe("a PDF file", () => {
  it("gets room for a signature", async () => {
    expect((await withPlaceholder(await plainPdf(), input)).includes("/ByteRange")).toBe(true);
  });

  const doubled = Array.from({ length: 30 }, (_, index) => {
    const next = `${index + 3} 0 R`;
    return `<</Type/Pages/Kids[${next} ${next}]/Count 2>>`;
  });
  const page = "<</Type/Page/Parent 2 0 R>>";

  it.each([
    ["a thousand million pages", [CATALOG, ...doubled, page], /too many pages/],
    ["pages that are within themselves", [CATALOG, "<</Type/Pages/Kids[2 0 R 2 0 R]>>"], /too many pages/],
    ["a list of pages in itself", [CATALOG, "<</Type/Pages/Kids 3 0 R>>", "[3 0 R 3 0 R]"], /too many pages/],
    [
      "the same notes on each of its pages",
      [
        ...[CATALOG, `<</Type/Pages/Kids[${times(2000, "3 0 R")}]>>`],
        ...["<</Type/Page/Parent 2 0 R/Annots 4 0 R>>", `[${times(2000, "5 0 R")}]`, "<</Type/Annot>>"],
      ],
      /too many notes/,
    ],
  ])("with %s is refused in bounded time and memory", async (_title, objects, message) => {
    const error = await codedFailureOf(withPlaceholder(pdfOf(...objects), input));
    expect(error).toMatchObject({ code: "REQUEST_REJECTED", message: expect.stringMatching(message) });
  });
});
