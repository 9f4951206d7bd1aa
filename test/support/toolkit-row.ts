import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { TestFunction } from "vitest";
import type { Verifier } from "./programs.js";
import { testWith } from "./verifiers.js";

/** A kind of key, as far as a format has it: what the table of toolkits says was proven. */
export const PROVEN_ALGORITHMS = ["RSA PKCS#1", "RSA-PSS", "P-256", "P-384", "P-521"] as const;
export type ProvenAlgorithm = (typeof PROVEN_ALGORITHMS)[number];

/** A row of the table of toolkits in README.md and docs/toolkits.md. */
export interface ToolkitRow {
  /** The subpath that makes it work, for example `/jose`; empty where the main entry does. */
  readonly subpath: string;
  /** The toolkit as its users call it: the name of its package. */
  readonly toolkit: string;
  /** The folder in node_modules that its version is read from; null where there is no package. Default: `toolkit`. */
  readonly installedAs?: string | null | undefined;
  /** How it is used, in a few words of Markdown: `` `signJws(policy, …)` ``. */
  readonly use: string;
  /** The programs without which nothing is proven. */
  readonly verifiers: readonly Verifier[];
  /** What the table calls those who verified, in Markdown: `` `openssl cms` ``. */
  readonly verifiedBy: readonly string[];
}

/** What a test leaves in its `meta`, for the table. */
export interface ToolkitRecord extends Pick<ToolkitRow, "subpath" | "toolkit" | "use" | "verifiedBy"> {
  /** Of the package that is installed. */
  readonly version: string | undefined;
  readonly algorithms: readonly ProvenAlgorithm[];
}

declare module "vitest" {
  interface TaskMeta {
    toolkit?: ToolkitRecord;
  }
}

/** A `test` that proves something about a toolkit. */
export type ToolkitTest = (
  name: string,
  algorithms: ProvenAlgorithm | readonly ProvenAlgorithm[],
  body: TestFunction,
  timeout?: number,
) => void;

/**
 * Makes the `test` of a row. The row is in the table if all its tests passed, in whatever files they are, with the
 * algorithms of all of them; a test with no algorithm (`[]`) must pass as well and adds none.
 */
export function toolkitTest(row: ToolkitRow): ToolkitTest {
  return (name, algorithms, body, timeout) => {
    const meta = toolkitMeta(row, [algorithms].flat());
    testWith(row.verifiers, name, body, { ...meta, ...(timeout !== undefined && { timeout }) });
  };
}

/** The same for a test that vitest's own functions make: `it.concurrent(name, toolkitMeta(…), body)`. */
export function toolkitMeta(
  row: ToolkitRow,
  algorithms: readonly ProvenAlgorithm[],
): { readonly meta: { readonly toolkit: ToolkitRecord } } {
  const { subpath, toolkit, use, verifiedBy } = row;
  return { meta: { toolkit: { subpath, toolkit, use, verifiedBy, version: versionOf(row), algorithms } } };
}

/** What the table calls a signature by a policy of the emulator, for example by `p-256`, with an algorithm of WebCrypto. */
export function provenBy(slug: string, name: string): ProvenAlgorithm {
  const label = name === "ECDSA" ? slug.toUpperCase() : name === "RSA-PSS" ? name : "RSA PKCS#1";
  const found = PROVEN_ALGORITHMS.find((algorithm) => algorithm === label);
  if (found === undefined) throw new Error(`the table of toolkits has no name for ${name} by ${slug}`);
  return found;
}

function versionOf({ toolkit, installedAs = toolkit }: ToolkitRow): string | undefined {
  if (installedAs === null) return undefined;
  const path = join(import.meta.dirname, "../../node_modules", installedAs, "package.json");
  const { version } = JSON.parse(readFileSync(path, "utf8")) as { version: string };
  return version;
}
