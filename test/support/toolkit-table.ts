import type { ToolkitRecord } from "./toolkit-row.js";
import { PROVEN_ALGORITHMS } from "./toolkit-row.js";

/** A record of a test and whether the test passed. */
export interface ToolkitResult {
  readonly record: ToolkitRecord;
  readonly passed: boolean;
}

/** In which order the table has the subpaths; one that is not here comes last. */
const SUBPATHS = [
  ...["", "/pkijs", "/jose", "/global", "/x509", "/xml", "/pdf", "/authenticode", "/jar", "/signers"],
  ...["/sync", "/electron-builder", "signpath-git", "signpath-notation", "sigstore-kms-signpath"],
];

const COLUMNS = ["subpath", "toolkit", "versions tested", "keys", "how", "verified by"];
const [START, END] = ["<!-- toolkits -->", "<!-- /toolkits -->"];

/** The rows, by name, of which a test did not pass. */
export function incompleteRows(results: readonly ToolkitResult[]): string[] {
  const failed = results.filter(({ passed }) => !passed);
  return [...new Set(failed.map(({ record }) => `${record.subpath} ${record.toolkit}`.trim()))];
}

/** The table in Markdown. A row with a test that did not pass is not in it. */
export function toolkitTable(results: readonly ToolkitResult[]): string {
  const groups = new Map<string, ToolkitRecord[]>();
  const failed = new Set(results.filter(({ passed }) => !passed).map(({ record }) => keyOf(record)));
  for (const { record } of results) {
    const key = keyOf(record);
    if (!failed.has(key)) groups.set(key, [...(groups.get(key) ?? []), record]);
  }
  const rows = [...groups.values()].flatMap(([first, ...others]) => (first ? [{ first, others }] : []));
  rows.sort((a, b) => compare(a.first, b.first));
  return [COLUMNS, COLUMNS.map(() => "---"), ...rows.map(({ first, others }) => cellsOf(first, others))]
    .map(line)
    .join("");
}

/**
 * A document with the table between its markers, `<!-- toolkits -->` and `<!-- /toolkits -->`.
 *
 * @throws {Error} if it does not have them
 */
export function withTable(document: string, table: string): string {
  const [start, end] = [document.indexOf(START), document.indexOf(END)];
  if (start < 0 || end < start) throw new Error(`there is no ${START} … ${END}`);
  return `${document.slice(0, start + START.length)}\n${table}${document.slice(end)}`;
}

function keyOf({ subpath, toolkit, use }: ToolkitRecord): string {
  return JSON.stringify([subpath, toolkit, use]);
}

function compare(a: ToolkitRecord, b: ToolkitRecord): number {
  const place = ({ subpath }: ToolkitRecord): number => SUBPATHS.indexOf(subpath) + 1 || SUBPATHS.length + 1;
  return place(a) - place(b) || (keyOf(a) < keyOf(b) ? -1 : 1);
}

function cellsOf(first: ToolkitRecord, others: readonly ToolkitRecord[]): readonly string[] {
  const { subpath, toolkit, use } = first;
  const records = [first, ...others];
  const versions = new Set(records.flatMap(({ version = [] }) => version));
  const proven = new Set(records.flatMap(({ algorithms }) => algorithms));
  const verifiedBy = new Set(records.flatMap((record) => record.verifiedBy));
  return [
    subpath === "" ? "" : `\`${subpath}\``,
    toolkit,
    [...versions].sort((a, b) => a.localeCompare(b, "en", { numeric: true })).join(", "),
    PROVEN_ALGORITHMS.filter((algorithm) => proven.has(algorithm)).join(", "),
    use,
    [...verifiedBy].sort().join(", "),
  ];
}

function line(cells: readonly string[]): string {
  return `| ${cells.join(" | ")} |\n`.replaceAll("|  |", "| |");
}
