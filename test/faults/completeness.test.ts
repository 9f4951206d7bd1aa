import { describe, expect, it } from "vitest";
import { FAULT_KINDS, fieldsOf } from "../../src/emulator/faults/fields.js";
import { TIMESTAMP_FAULTS } from "../cms/timestamp/mistakes.js";
import { ROWS } from "./table.js";

/** The faults of the table and those of the timestamp authority, with what they are given. */
const FAULTS: readonly Readonly<Record<string, unknown>>[] = [
  ...ROWS.flatMap(({ fault, also }) => {
    const given = typeof fault === "function" ? fault("https://elsewhere.invalid") : fault;
    return [given, ...(also === undefined ? [] : [also])].map((each) => ({ ...each }));
  }),
  ...TIMESTAMP_FAULTS.map((fault) => ({ ...fault })),
];

/** What a field has to be given by some row: each of its words, both flags, or anything at all. */
function valuesOf(kind: string, name: string): readonly unknown[] {
  const type = fieldsOf(kind)[name]?.type;
  if (type === "flag") return [true, false];
  return typeof type === "object" ? type : [expect.anything()];
}

describe("the table of faults", () => {
  it.each([...FAULT_KINDS.keys()])("has the emulator's fault %s", (kind) => {
    expect(FAULTS).toContainEqual(expect.objectContaining({ kind }));
  });

  const values = [...FAULT_KINDS].flatMap(([kind, names]) =>
    names.flatMap((name) => valuesOf(kind, name).map((value) => [kind, name, value] as const)),
  );
  it.each(values)("has %s with %s %s", (kind, name, value) => {
    expect(FAULTS).toContainEqual(expect.objectContaining({ kind, [name]: value }));
  });

  it("names each of its rows once", () => {
    const titles = ROWS.map(({ title }) => title);
    expect(titles).toEqual([...new Set(titles)]);
  });
});
