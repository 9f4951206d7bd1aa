// What `npm publish` would send: `node .ci/package-contents.mjs` names what is missing, strange or too large.
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { posix } from "node:path";

const largest = 300 * 1024;
const documents = ["CHANGELOG.md", "LICENSE", "README.md", "package.json"];
/** What the bundle of the command line needs beside its code. */
const beside = ["dist/bin/LICENSES.txt", "dist/bin/package.json"];

const manifest = JSON.parse(readFileSync("package.json", "utf8"));
const output = execFileSync("npm", ["pack", "--json", "--dry-run", "--ignore-scripts", "--silent"]);
const [pack] = Object.values(JSON.parse(output.toString()));
/** The manual pages. */
const pages = manifest.man.map((path) => posix.normalize(path));
const paths = new Set(pack.files.map(({ path }) => path));
const mapsAreDeclared = manifest.files.some((pattern) => pattern.endsWith(".map"));

const problems = [
  ...[...documents, ...beside, ...pages]
    .filter((path) => !paths.has(path))
    .map((path) => `${path} is missing`),
  ...pack.files.flatMap(({ path, size }) => [
    ...(isExpected(path) ? [] : [`${path} does not belong here`]),
    ...(size > largest ? [`${path} has ${size} bytes, more than ${largest}`] : []),
  ]),
  ...Object.entries(manifest.exports).flatMap(([name, target]) => exportProblems(name, target)),
  ...Object.entries(manifest.bin).flatMap(([name, target]) => binProblems(name, target)),
];

for (const problem of problems) console.error(`package: ${problem}`);
if (problems.length > 0) process.exitCode = 1;
const sizes = `${Math.ceil(pack.size / 1024)} KiB packed, ${Math.ceil(pack.unpackedSize / 1024)} KiB unpacked`;
console.log(`package: ${pack.files.length} files, ${sizes}`);

function isExpected(path) {
  if ([...documents, ...beside, ...pages].includes(path)) return true;
  return /^dist\/.+\.(js|d\.ts)$/.test(path) || (mapsAreDeclared && /^dist\/.+\.map$/.test(path));
}

/** An export is a file of data, or code (`default`) with its types. */
function exportProblems(name, target) {
  const targets = typeof target === "string" ? { default: target } : target;
  const typed = typeof target === "string" || targets.types?.endsWith(".d.ts");
  return [
    ...(typed ? [] : [`exports "${name}" has no types`]),
    ...Object.values(targets)
      .filter((path) => !paths.has(posix.normalize(path)))
      .map((path) => `exports "${name}" is ${path}, which is missing`),
  ];
}

function binProblems(name, target) {
  const path = posix.normalize(target);
  if (!paths.has(path)) return [`bin "${name}" is ${target}, which is missing`];
  return readFileSync(path, "utf8").startsWith("#!/usr/bin/env node\n") ? [] : [`${target} has no #! line`];
}
