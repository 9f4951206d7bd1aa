import { parse } from "@babel/parser";
import manifest from "../../../package.json" with { type: "json" };
import { run } from "../../support/run.js";
import type { Block } from "./markdown.js";
import { ROOT } from "./markdown.js";
import { isInstallation } from "./workplace.js";

/** What is wrong with a block by itself, without running it; `undefined` where nothing is. */
export async function faultOf({ language, source }: Block): Promise<string | undefined> {
  switch (language) {
    case "js":
      return faultOfModule(source);
    case "sh":
      return (await faultOfScript(source)) ?? faultOfInstallations(source);
    case "json":
      JSON.parse(source);
      return undefined;
    default:
      return undefined;
  }
}

/** It can be parsed, and what it imports is there, where that is installed here. */
async function faultOfModule(source: string): Promise<string | undefined> {
  const { body } = parse(source, { sourceType: "module", allowAwaitOutsideFunction: true }).program;
  const wanted: Record<string, string[]> = {};
  for (const node of body) {
    if (node.type !== "ImportDeclaration" || !isInstalled(node.source.value)) continue;
    const names = node.specifiers.flatMap((each) =>
      each.type === "ImportSpecifier" && each.imported.type === "Identifier" ? [each.imported.name] : [],
    );
    const namespace = node.specifiers.find(({ type }) => type === "ImportNamespaceSpecifier")?.local.name;
    const used = [...source.matchAll(new RegExp(`\\b${namespace}\\.(\\w+)`, "g"))].map(
      ([, name]) => name ?? "",
    );
    wanted[node.source.value] = [...names, ...used];
  }
  if (Object.keys(wanted).length === 0) return undefined;
  const check = `for (const [specifier, names] of Object.entries(JSON.parse(process.argv[1]))) {
      const module = await import(specifier);
      for (const name of names) if (!(name in module)) throw new Error(specifier + " has no " + name);
    }`;
  const args = [
    "--import",
    "reflect-metadata",
    "--input-type=module",
    "--eval",
    check,
    JSON.stringify(wanted),
  ];
  const { status, stderr } = await run(process.execPath, args, { cwd: ROOT });
  return status === 0 ? undefined : stderr;
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
