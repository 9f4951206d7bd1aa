// What a module exports, by its declarations.
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { parse } from "@babel/parser";

/**
 * The names that a `.d.ts` exports.
 *
 * @param {string} path
 * @returns {{ values: string[], types: string[] }} types are interfaces and aliases; a class is a value
 */
export function exportedNames(path) {
  const { program } = parse(readFileSync(path, "utf8"), {
    sourceFilename: path,
    sourceType: "module",
    plugins: [["typescript", { dts: true }], "explicitResourceManagement"],
  });
  const found = { values: [], types: [] };
  for (const statement of program.body) {
    const { type, declaration, specifiers = [], exportKind, source } = statement;
    if (type === "ExportAllDeclaration" && !statement.exported) {
      const { values, types } = exportedNames(join(dirname(path), source.value.replace(/\.js$/, ".d.ts")));
      found.values.push(...(exportKind === "type" ? [] : values));
      found.types.push(...types);
    } else if (type === "ExportNamedDeclaration") {
      for (const { exported, exportKind: kind } of specifiers)
        (exportKind === "type" || kind === "type" ? found.types : found.values).push(exported.name);
      // To Babel whatever is declared is a type.
      const isType = /^TS(Interface|TypeAlias)Declaration$/.test(declaration?.type);
      const declared = declaration?.declarations ?? (declaration ? [declaration] : []);
      for (const { id } of declared) (isType ? found.types : found.values).push(id.name);
    }
  }
  return { values: [...new Set(found.values)], types: [...new Set(found.types)] };
}
