import { readFileSync } from "node:fs";
import { parse } from "@babel/parser";

/**
 * @typedef {object} Import
 * @property {string | undefined} name what stands between the quotes; undefined if it is computed
 * @property {number} line
 * @property {boolean} eager whether it is loaded together with the file: false for types and inside functions
 */

/**
 * Every import of a TypeScript file: import and export statements, import(), require(), import types.
 *
 * @param {string} path
 * @returns {{ imports: Import[], statements: import("@babel/types").Statement[] }}
 */
export function readImports(path) {
  const { program } = parse(readFileSync(path, "utf8"), {
    sourceFilename: path,
    sourceType: "module",
    plugins: ["typescript", "explicitResourceManagement"],
  });
  const requires = new Set(["require"]);
  visit(program, false, (node) => {
    if (node.type === "VariableDeclarator" && isCreateRequire(node.init)) requires.add(node.id.name);
  });
  const imports = [];
  visit(program, false, (node, late) => {
    const found = importOf(node, requires);
    if (!found) return;
    const name = found.source?.type === "StringLiteral" ? found.source.value : undefined;
    imports.push({ name, line: node.loc.start.line, eager: !found.type && !late });
  });
  return { imports, statements: program.body };
}

/** The source of an import and whether only types are imported, if the node is an import at all. */
function importOf(node, requires) {
  switch (node.type) {
    case "ImportDeclaration":
      return { source: node.source, type: node.importKind === "type" };
    case "ExportNamedDeclaration":
    case "ExportAllDeclaration":
      return node.source ? { source: node.source, type: node.exportKind === "type" } : undefined;
    case "TSImportType":
      return { source: node.argument, type: true };
    case "TSExternalModuleReference":
      return { source: node.expression, type: false };
    case "CallExpression": {
      const { callee } = node;
      const loads = callee.type === "Import" || requires.has(callee.name) || isCreateRequire(callee);
      return loads ? { source: node.arguments[0], type: false } : undefined;
    }
    default:
      return undefined;
  }
}

function isCreateRequire(node) {
  return (
    node?.type === "CallExpression" && (node.callee.name ?? node.callee.property?.name) === "createRequire"
  );
}

/** Calls `see` for each node below `node`; `late` says that the node only runs when a function is called. */
function visit(node, late, see) {
  see(node, late);
  const inside = late || /Function|Method$/.test(node.type);
  for (const value of Object.values(node)) {
    for (const child of Array.isArray(value) ? value : [value]) {
      if (typeof child?.type === "string" && child.loc) visit(child, inside, see);
    }
  }
}
