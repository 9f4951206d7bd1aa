import { describe } from "vitest";
import { ROWS } from "./table.js";
import { testRows } from "./table-harness.js";

describe("each route, met by", () => {
  testRows(ROWS.filter(({ isSlow, isOfTls }) => isSlow !== true && isOfTls !== true));
});
