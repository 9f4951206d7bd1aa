// What comes with the package: `node .ci/dependencies.mjs [project folder]` lists the production tree and compares it
// with the section about it in README.md; with `--write` it brings the section up to date.
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join, posix } from "node:path";
import { parseArgs } from "node:util";

/** Licences that ask for no more than that their text is kept. */
const permitted = new Set(["0BSD", "Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "ISC", "MIT"]);
const installScripts = ["preinstall", "install", "postinstall"];

const { values, positionals } = parseArgs({
  options: { write: { type: "boolean" } },
  allowPositionals: true,
});
const root = positionals[0] ?? ".";
const readme = join(root, "README.md");
const locked = json("package-lock.json").packages;
const problems = [];
const packages = [...locationsInProduction()].sort().map(describe);

// These are the bytes of the locked tarballs, the same for every npm, Node and file system: nothing but the rounding of
// the README's figure is to be tolerated.
const size = packages.reduce((sum, { bytes }) => sum + bytes, 0);
const total = `**${packages.length} packages, ${(size / 1e6).toFixed(1)} MB**`;
checkReadme();

for (const { name, version, license, bytes } of packages) {
  console.log([String(bytes).padStart(9), license.padEnd(12), `${name} ${version}`].join("  "));
}
for (const problem of problems) console.error(`dependencies: ${problem}`);
if (problems.length > 0) process.exitCode = 1;
console.log(`dependencies: ${total.replaceAll("*", "")}, ${size} bytes`);

/** The folders that an installation has without the development's packages and without optional peers. */
function locationsInProduction() {
  const found = new Set();
  const queue = [""];
  for (const from of queue) {
    for (const name of wantedBy(locked[from])) {
      const location = resolve(from, name);
      if (location === undefined)
        problems.push(`${from || "package.json"} needs ${name}, which is not locked`);
      else if (!found.has(location)) queue.push(location);
      if (location !== undefined) found.add(location);
    }
  }
  return found;
}

function wantedBy({ dependencies, optionalDependencies, peerDependencies, peerDependenciesMeta }) {
  const peers = Object.keys(peerDependencies ?? {}).filter((name) => !peerDependenciesMeta?.[name]?.optional);
  return new Set([...Object.keys({ ...dependencies, ...optionalDependencies }), ...peers]);
}

/** Where Node finds a package, seen from another one's folder. */
function resolve(from, name) {
  for (let folder = from; ; folder = posix.dirname(folder)) {
    const location = posix.join(folder === "." ? "" : folder, "node_modules", name);
    if (locked[location] !== undefined) return location;
    if (folder === "" || folder === ".") return undefined;
  }
}

function describe(location) {
  const [name, { version }] = [location.slice(location.lastIndexOf("node_modules/") + 13), locked[location]];
  const found = { name, version, license: "unknown", bytes: 0 };
  if (!existsSync(join(root, location, "package.json"))) {
    problems.push(`${location} is not installed: npm ci`);
    return found;
  }
  const manifest = json(join(location, "package.json"));
  if (manifest.version !== version)
    problems.push(`${location} is ${manifest.version}, not ${version}: npm ci`);
  if (typeof manifest.license === "string") found.license = manifest.license;
  if (!permitted.has(found.license)) {
    problems.push(
      `${location} has the licence ${found.license}, which is none of ${[...permitted].join(", ")}`,
    );
  }
  for (const script of scriptsOf(location, manifest))
    problems.push(`${location} runs ${script} when it is installed`);
  found.bytes = bytesIn(join(root, location));
  return found;
}

/** npm runs node-gyp where there is a binding.gyp, without being told so by the manifest. */
function scriptsOf(location, { scripts, gypfile }) {
  const named = installScripts.filter((script) => scripts?.[script]);
  const isBuilt = gypfile === true || existsSync(join(root, location, "binding.gyp"));
  const found = [...named, ...(isBuilt ? ["node-gyp"] : [])];
  return found.length === 0 && locked[location].hasInstallScript ? ["a script"] : found;
}

/** The size of all files of a package, without the packages inside of it. */
function bytesIn(folder) {
  return readdirSync(folder, { withFileTypes: true }).reduce((sum, entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return entry.name === "node_modules" ? sum : sum + bytesIn(path);
    return sum + statSync(path).size;
  }, 0);
}

function checkReadme() {
  const text = readFileSync(readme, "utf8");
  const updated = text
    .replace(/\*\*\d+ packages, \d+\.\d MB\*\*/, total)
    .replace(/\| licence \| packages \|\n\| --- \| --- \|\n(?:\|.*\n)*/, licenceTable());
  if (!updated.includes(total) || !updated.includes(licenceTable()))
    problems.push("README.md has no section about dependencies");
  else if (values.write) writeFileSync(readme, updated);
  else if (!text.includes(total)) problems.push(`README.md must say ${total}`);
  else if (text !== updated)
    problems.push("README.md lists other licences: node .ci/dependencies.mjs --write");
}

function licenceTable() {
  const licences = [...new Set(packages.map(({ license }) => license))].sort();
  const rows = licences.map((licence) => {
    const names = packages.filter(({ license }) => license === licence).map(({ name }) => name);
    return `| ${licence} | ${[...new Set(names)].sort().join(", ")} |\n`;
  });
  return `| licence | packages |\n| --- | --- |\n${rows.join("")}`;
}

function json(path) {
  return JSON.parse(readFileSync(join(root, path), "utf8"));
}
