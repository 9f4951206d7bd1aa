// `tsc` in two passes: declarations with their docstrings, code without comments, which nobody reads there.
// Declarations that no subpath leads to are left out.
import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";

const out = "dist";

tsc("--emitDeclarationOnly");
tsc(
  "--removeComments",
  "--declaration",
  "false",
  "--isolatedDeclarations",
  "false",
  "--stripInternal",
  "false",
);
const needed = reached();
for (const path of declarations()) if (!needed.has(path)) rmSync(path);

function tsc(...flags) {
  const script = join("node_modules", "typescript", "bin", "tsc");
  execFileSync(process.execPath, [script, "-p", "tsconfig.build.json", ...flags], { stdio: "inherit" });
}

function declarations() {
  const paths = readdirSync(out, { recursive: true }).map((path) => join(out, path));
  return paths.filter((path) => path.endsWith(".d.ts"));
}

/** The declarations of the subpaths, and those that they import, in one way or another. */
function reached() {
  const { exports } = JSON.parse(readFileSync("package.json", "utf8"));
  const found = new Set(Object.values(exports).flatMap(({ types }) => (types ? [join(types)] : [])));
  for (const path of found) {
    for (const [, name] of readFileSync(path, "utf8").matchAll(
      /(?:\bfrom|\bimport\(|\bimport)\s*"(\.[^"]+)"/g,
    )) {
      const target = join(dirname(path), name.replace(/\.js$/, ".d.ts"));
      if (!existsSync(target)) throw new Error(`${path} imports ${name}, which has no declarations`);
      found.add(target);
    }
  }
  return found;
}
