import { describe } from "vitest";
import { ROWS } from "./table.js";
import { testRows } from "./table-harness.js";

describe("each route over TLS, met by", () => {
  testRows(
    ROWS.filter(({ isOfTls }) => isOfTls === true),
    { tls: true },
  );
});
