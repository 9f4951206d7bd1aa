// What the examples need, read from the examples.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { readImports } from "./imports.mjs";

/**
 * @typedef {object} Example
 * @property {string} name of its file
 * @property {string[]} args what follows `// arguments:` on a line of its own, between spaces
 */

/**
 * The examples of a folder.
 *
 * @param {string} folder
 * @returns {Example[]}
 */
export function readExamples(folder) {
  const names = readdirSync(folder).filter((file) => file.endsWith(".mjs"));
  return names.map((name) => {
    const [, args] = /^\/\/ arguments: (.+)$/m.exec(readFileSync(join(folder, name), "utf8")) ?? [];
    return { name, args: args?.trim().split(/ +/) ?? [] };
  });
}

/**
 * What the examples import that does not come with the package: `name@range` by the package's development dependencies.
 *
 * @param {string} folder
 * @param {{ name: string, dependencies: Record<string, string>, devDependencies: Record<string, string> }} manifest
 * @returns {string[]}
 * @throws {Error} for a package that package.json does not have
 */
export function examplePackages(folder, { name: own, dependencies, devDependencies }) {
  const imported = readExamples(folder).flatMap(({ name: file }) =>
    readImports(join(folder, file)).imports.map(({ name }) => ({ file, name: packageOf(name) })),
  );
  const found = new Set();
  for (const { file, name } of imported) {
    if (name === undefined || name === own || dependencies[name] !== undefined) continue;
    const range = devDependencies[name];
    if (range === undefined) throw new Error(`${file} imports ${name}, which package.json does not have`);
    found.add(`${name}@${range}`);
  }
  return [...found].sort();
}

/** The package of a specifier; undefined for a module of Node, a path or a computed one. */
function packageOf(specifier) {
  if (specifier === undefined || /^(node:|[./])/.test(specifier)) return undefined;
  return specifier.split("/", specifier.startsWith("@") ? 2 : 1).join("/");
}
