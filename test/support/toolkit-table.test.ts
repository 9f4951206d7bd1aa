import { describe, expect, it } from "vitest";
import type { ToolkitRecord } from "./toolkit-row.js";
import { incompleteRows, toolkitTable, withTable } from "./toolkit-table.js";

const HEAD =
  "| subpath | toolkit | versions tested | keys | how | verified by |\n| --- | --- | --- | --- | --- | --- |\n";

const record = (more: Partial<ToolkitRecord> = {}): ToolkitRecord => ({
  subpath: "/jose",
  toolkit: "jose",
  version: "6.2.18",
  use: "`signJws`",
  algorithms: ["RSA-PSS"],
  verifiedBy: ["PyJWT"],
  ...more,
});
const passed = (more?: Partial<ToolkitRecord>) => ({ record: record(more), passed: true });
const rowsOf = (table: string): string[] => table.slice(HEAD.length).split("\n").slice(0, -1);

describe("the table of toolkits", () => {
  it("makes one row of all tests of a toolkit, whatever their order", () => {
    const results = [
      passed({ algorithms: ["P-521", "RSA PKCS#1"], verifiedBy: ["jose", "PyJWT"] }),
      passed({ version: "10.0.0", algorithms: [] }),
      passed(),
    ];
    const row =
      "| `/jose` | jose | 6.2.18, 10.0.0 | RSA PKCS#1, RSA-PSS, P-521 | `signJws` | PyJWT, jose |\n";
    expect(toolkitTable(results)).toBe(HEAD + row);
    expect(toolkitTable(results.toReversed())).toBe(HEAD + row);
  });

  it("leaves out a row of which one test did not pass, and no other", () => {
    const results = [
      passed(),
      { ...passed({ algorithms: ["P-256"] }), passed: false },
      passed({ toolkit: "jws" }),
    ];
    expect(rowsOf(toolkitTable(results))).toEqual([expect.stringContaining("| jws |")]);
    expect(incompleteRows(results)).toEqual(["/jose jose"]);
  });

  it("keeps ways of use apart, and the rows in the order of the subpaths", () => {
    const rows = [
      passed({ subpath: "/unknown" }),
      passed({ use: "`resign`" }),
      passed(),
      passed({ subpath: "/pkijs" }),
      passed({ subpath: "" }),
    ];
    const expected = ["| | jose", "| `/pkijs`", "`resign`", "`signJws`", "| `/unknown`"];
    expect(rowsOf(toolkitTable(rows))).toEqual(expected.map((text) => expect.stringContaining(text)));
  });

  it("has an empty cell where there is no version", () => {
    expect(toolkitTable([passed({ version: undefined })])).toContain("| jose | | RSA-PSS |");
  });

  it("replaces what is between the markers of a document and nothing else", () => {
    const document = "a\n<!-- toolkits -->\nold\n<!-- /toolkits -->\nb\n";
    const updated = withTable(document, HEAD);
    expect(updated).toBe(`a\n<!-- toolkits -->\n${HEAD}<!-- /toolkits -->\nb\n`);
    expect(withTable(updated, HEAD)).toBe(updated);
    expect(() => withTable("a\nb\n", HEAD)).toThrow(/no <!-- toolkits -->/);
    expect(() => withTable("<!-- /toolkits -->\n<!-- toolkits -->\n", HEAD)).toThrow();
  });
});
