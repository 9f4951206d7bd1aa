import type { ParserPlugin } from "@babel/parser";
import { parse } from "@babel/parser";
import manifest from "../../../package.json" with { type: "json" };
import { run } from "../../support/run.js";
import type { Block } from "./markdown.js";
import { ROOT } from "./markdown.js";
import { isInstallation } from "./workplace.js";

/** The names of what a module exports, by the module's. */
export type Exports = Readonly<Record<string, readonly string[]>>;

/** Asks a process of its own for what modules export: all at once, because to load them takes long. */
export async function exportsOf(specifiers: readonly string[]): Promise<Exports> {
  const ask = `const found = {};
    for (const specifier of process.argv.slice(1)) found[specifier] = Object.keys(await import(specifier));
    console.log(JSON.stringify(found));`;
  const args = ["--import", "reflect-metadata", "--input-type=module", "--eval", ask, ...specifiers];
  const { status, stdout, stderr } = await run(process.execPath, args, { cwd: ROOT });
  if (status !== 0) throw new Error(stderr);
  return JSON.parse(stdout) as Exports;
}

/** What a snippet imports of what is installed here: names, by module. */
export function importsOf({ language, source }: Block): ReadonlyMap<string, readonly string[]> {
  const plugins: ParserPlugin[] = language === "ts" ? ["typescript"] : [];
  const { body } = parse(source, { sourceType: "module", allowAwaitOutsideFunction: true, plugins }).program;
  return new Map(
    body.flatMap((node): [string, string[]][] => {
      if (node.type !== "ImportDeclaration" || !isInstalled(node.source.value)) return [];
      const names = node.specifiers.flatMap((each) =>
        each.type === "ImportSpecifier" && each.imported.type === "Identifier" ? [each.imported.name] : [],
      );
      const namespace = node.specifiers.find(({ type }) => type === "ImportNamespaceSpecifier")?.local.name;
      const members = source.matchAll(new RegExp(`\\b${namespace}\\.(\\w+)`, "g"));
      const used = [...members].map(([, name = ""]) => name);
      return [[node.source.value, [...names, ...used]]];
    }),
  );
}

/** What is wrong with a block by itself, without running it; `undefined` where nothing is. */
export async function faultOf(block: Block, exports: Exports): Promise<string | undefined> {
  const { language, source } = block;
  if (language === "js" || language === "ts") return faultOfImports(block, exports);
  if (language === "sh") return (await faultOfScript(source)) ?? faultOfInstallations(source);
  if (language === "json") JSON.parse(source);
  return undefined;
}

function faultOfImports(block: Block, exports: Exports): string | undefined {
  const lacking = [...importsOf(block)].flatMap(([specifier, names]) =>
    names.filter((name) => !exports[specifier]?.includes(name)).map((name) => `${specifier} has no ${name}`),
  );
  return lacking.length === 0 ? undefined : lacking.join("\n");
}

async function faultOfScript(source: string): Promise<string | undefined> {
  const { status, stderr } = await run("bash", ["-n"], { input: source });
  return status === 0 ? undefined : stderr;
}

const known = new Set([
  manifest.name,
  ...Object.keys({ ...manifest.dependencies, ...manifest.devDependencies, ...manifest.peerDependencies }),
]);

/** What is installed is known here, so that its name is one that exists. */
function faultOfInstallations(source: string): string | undefined {
  const names = source
    .split("\n")
    .filter(isInstallation)
    .flatMap((line) => line.replace(/#.*/, "").trim().split(/\s+/).slice(2))
    .filter((word) => !word.startsWith("-"));
  const unknown = names.filter((name) => !known.has(name));
  return unknown.length === 0 ? undefined : `nobody here knows ${unknown.join()}`;
}

/** Snippets of other packages' are shown in docs/migration.md beside ours. */
function isInstalled(specifier: string): boolean {
  const name = specifier.split("/", specifier.startsWith("@") ? 2 : 1).join("/");
  if (/^(node:|\.)/.test(specifier) || name === manifest.name) return true;
  return name in manifest.dependencies || name in manifest.devDependencies;
}
