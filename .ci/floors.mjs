// Imports point downwards: `node .ci/floors.mjs [project folder]` names each one that does not.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, posix, sep } from "node:path";
import { readImports } from "./imports.mjs";

/** Each folder of src/ and each file beside them, and how high it stands. */
const floors = new Map([
  ["base", 0],
  ["wire", 0],
  ["config", 1],
  ["api", 2],
  ["policy", 3],
  ["key", 4],
  ["subtle", 5],
  ["debug-log.ts", 5.3],
  ["session.ts", 5.4],
  ["signpath.ts", 5.5],
  ["index.ts", 5.6],
  ["cms", 6],
  ["adapter", 6.5],
  ["toolkit", 7],
  ["cli", 8],
]);
/** The one import between neighbours: errors carry the wire's problem body. */
const neighbours = new Set(["base wire"]);
/** A wing beside the floors: it stands on `wire/` alone, and nobody but `cli/` enters it. */
const wing = "emulator";
const wingStandsOn = "wire";
const wingIsOpenTo = "cli";

const entry = "src/index.ts";
/** What must not be loaded before it is needed. */
const heavy = [
  ...["@peculiar/x509", "@peculiar/webcrypto", "pkijs", "asn1js", "undici", "@noble/curves"],
  ...Object.keys(JSON.parse(readFileSync(new URL("../package.json", import.meta.url))).peerDependencies),
];

const root = process.argv[2] ?? process.cwd();
const files = new Map(sources().map((path) => [path, readImports(join(root, path))]));
const leaks = [];

for (const [path, { imports }] of files) {
  if (!isPlaced(path)) leaks.push(`${path}:1 stands on no floor: .ci/floors.mjs lists them`);
  for (const item of imports) {
    item.target = resolve(path, item.name);
    const leak = leakOf(path, item);
    if (leak) leaks.push(`${path}:${item.line} imports ${item.target ?? item.name ?? "something"}: ${leak}`);
  }
}
leaks.push(...faceLeaks(), ...cycles(), ...eagerLoads());

for (const leak of leaks) console.error(leak);
if (leaks.length > 0) {
  process.exitCode = 1;
} else {
  const count = [...files.values()].reduce((sum, { imports }) => sum + imports.length, 0);
  console.log(`floors: ${files.size} files, ${count} imports, all of them point downwards`);
}

function sources() {
  return readdirSync(join(root, "src"), { recursive: true })
    .map((path) => posix.join("src", path.split(sep).join("/")))
    .filter((path) => path.endsWith(".ts"))
    .sort();
}

/** The file that a relative import means; undefined for a package. */
function resolve(from, name) {
  if (!name?.startsWith(".")) return undefined;
  const path = posix.join(posix.dirname(from), name);
  const source = path.replace(/\.js$/, ".ts");
  return existsSync(join(root, source)) ? source : path;
}

/** The first name below src/: a folder, or a file that stands by itself. */
function placeOf(path) {
  return path.split("/")[1];
}

function isPlaced(path) {
  return placeOf(path) === wing || floors.has(placeOf(path));
}

function leakOf(path, { name, target }) {
  if (name === undefined) return "its name is computed, write it out";
  if (/^(#|signpath-webcrypto(\/|$))/.test(name)) return "inside src/, files are imported by their path";
  if (target === undefined || target === "package.json") return undefined;
  if (!files.has(target)) return "there is no such file in src/";
  const [from, to] = [placeOf(path), placeOf(target)];
  if (from === to) return undefined;
  if (from === wing) return to === wingStandsOn ? undefined : `the ${wing} shares ${wingStandsOn}/ only`;
  if (to === wing) return from === wingIsOpenTo ? undefined : `only ${wingIsOpenTo}/ may use the ${wing}`;
  const [here, there] = [floors.get(from), floors.get(to)];
  if (here === undefined || there === undefined || there < here) return undefined;
  if (there > here) return `floor ${here} must not reach up to floor ${there}`;
  return neighbours.has(`${from} ${to}`) ? undefined : `${from}/ must not import its neighbour ${to}/`;
}

/** The public face is a list of names. */
function faceLeaks() {
  return (files.get(entry)?.statements ?? [])
    .filter(({ type, source, specifiers }) => {
      const names = specifiers?.every((specifier) => specifier.type === "ExportSpecifier");
      return type !== "ExportNamedDeclaration" || !source || !names;
    })
    .map(({ loc }) => `${entry}:${loc.start.line} may hold nothing but export { names } from "a file"`);
}

/** Files that import each other, types included; each circle once. */
function cycles() {
  const found = [];
  const done = new Set();
  const trail = [];
  const walk = (path) => {
    if (done.has(path)) return;
    trail.push(path);
    for (const { target, line } of files.get(path).imports) {
      if (!files.has(target)) continue;
      const start = trail.indexOf(target);
      if (start < 0) walk(target);
      else
        found.push(
          `${path}:${line} imports ${target}: a circle, ${[...trail.slice(start), target].join(" -> ")}`,
        );
    }
    trail.pop();
    done.add(path);
  };
  for (const path of files.keys()) walk(path);
  return found;
}

/** Heavy packages that are loaded together with the entry point, and the way there. */
function eagerLoads() {
  const found = [];
  const ways = new Map(files.has(entry) ? [[entry, [entry]]] : []);
  for (const [path, way] of ways) {
    for (const { name, target, line, eager } of files.get(path).imports) {
      if (!eager) continue;
      if (files.has(target) && !ways.has(target)) ways.set(target, [...way, target]);
      if (!heavy.some((packageName) => name === packageName || name?.startsWith(`${packageName}/`))) continue;
      found.push(`${path}:${line} imports ${name}: it must wait until it is needed (${way.join(" -> ")})`);
    }
  }
  return found;
}
