import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Reporter, TestModule, TestRunEndReason, Vitest } from "vitest/node";
import type { ToolkitResult } from "./toolkit-table.js";
import { incompleteRows, toolkitTable, withTable } from "./toolkit-table.js";

/** What has the table. */
const DOCUMENTS = ["README.md", "docs/toolkits.md"];

/** The test files that make the table, as paths from the project's folder: those that import `toolkit-row`. */
export function toolkitTests(root: string): string[] {
  return readdirSync(join(root, "test"), { recursive: true, encoding: "utf8" })
    .map((path) => join("test", path))
    .filter((path) => path.endsWith(".test.ts"))
    .filter((path) =>
      /^\s*import \{[^}]*\} from ".*\/toolkit-row\.js";$/m.test(readFileSync(join(root, path), "utf8")),
    )
    .sort();
}

/**
 * Compares the table of toolkits with what the tests have proven, or writes it. It only speaks where all tests of the
 * table ran and passed. With `CI=true` a table that differs fails the run.
 */
export class ToolkitReporter implements Reporter {
  readonly #writes: boolean;
  #vitest: Vitest | undefined;

  constructor(options: { readonly writes: boolean }) {
    this.#writes = options.writes;
  }

  onInit(vitest: Vitest): void {
    this.#vitest = vitest;
  }

  onTestRunEnd(modules: readonly TestModule[], _errors: readonly unknown[], reason: TestRunEndReason): void {
    if (this.#vitest === undefined) return;
    const { root, testNamePattern } = this.#vitest.config;
    const ran = new Set(modules.map(({ moduleId }) => moduleId));
    const isWhole =
      testNamePattern === undefined && toolkitTests(root).every((path) => ran.has(join(root, path)));
    if (!isWhole || reason !== "passed") {
      if (this.#writes) this.#fail("nothing was written: not all tests of the table ran and passed");
      return;
    }
    const results = modules.flatMap(resultsOf);
    const incomplete = incompleteRows(results);
    if (incomplete.length > 0) {
      // Elsewhere than in CI a missing verifier leaves tests out.
      if (this.#writes) this.#fail(`nothing was written: tests were left out of ${incomplete.join(", ")}`);
      return;
    }
    for (const path of DOCUMENTS) this.#bring(join(root, path), path, toolkitTable(results));
  }

  #bring(path: string, name: string, table: string): void {
    const before = readFileSync(path, "utf8");
    const after = withTable(before, table);
    if (before === after) return;
    if (this.#writes) writeFileSync(path, after);
    else if (process.env["CI"] === "true")
      this.#fail(`${name} does not say what the tests have proven, npm run toolkits writes:\n${table}`);
    else this.#vitest?.logger.log(`${name} does not say what the tests have proven: npm run toolkits`);
  }

  #fail(message: string): void {
    this.#vitest?.logger.error(`the table of toolkits: ${message}`);
    process.exitCode = 1;
  }
}

function resultsOf(module: TestModule): ToolkitResult[] {
  return [...module.children.allTests()].flatMap((test) => {
    const { toolkit } = test.meta();
    return toolkit === undefined ? [] : [{ record: toolkit, passed: test.result().state === "passed" }];
  });
}
