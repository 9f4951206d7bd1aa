// `node .ci/reference/main.mjs` makes docs/api from the docstrings of the declarations in dist; with `--check` it
// changes nothing and names what is stale.
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { docstringProblems } from "./docstrings.mjs";
import { pageText } from "./page-text.mjs";
import { readProject, root } from "./project.mjs";
import { makeReadable } from "./readable.mjs";

const { values } = parseArgs({ options: { check: { type: "boolean" } } });
const folder = join(root, "docs/api");
const { app, project } = await readProject();
const problems = docstringProblems(project);
makeReadable(project);

const pages = await render();
if (values.check) problems.push(...stalePages());
else writePages();
for (const problem of problems) console.error(`reference: ${problem}`);
if (problems.length > 0) process.exitCode = 1;
console.log(`reference: ${pages.size} pages, ${problems.length} problems`);

/** @returns the pages by file name */
async function render() {
  const out = mkdtempSync(join(tmpdir(), "reference-"));
  try {
    app.options.setValue("out", out);
    await app.generateOutputs(project);
    const names = readdirSync(out).filter((name) => name.endsWith(".md"));
    return new Map(
      names.map((name) => [name, pageText(readFileSync(join(out, name), "utf8"), name, project)]),
    );
  } finally {
    rmSync(out, { recursive: true });
  }
}

function stalePages() {
  const there = new Set(readdirSync(folder));
  const stale = [...pages]
    .filter(([name, text]) => !there.has(name) || read(name) !== text)
    .map(([name]) => name);
  const left = [...there].filter((name) => !pages.has(name));
  return [...stale, ...left].map((name) => `docs/api/${name} is stale: npm run reference`);
}

function writePages() {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  for (const [name, text] of pages) writeFileSync(join(folder, name), text);
}

function read(name) {
  return readFileSync(join(folder, name), "utf8");
}
