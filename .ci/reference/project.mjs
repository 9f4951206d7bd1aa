// The public declarations, as TypeDoc reads them from what `tsc` wrote: one module for each subpath of package.json.
import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { Application, LogLevel } from "typedoc";

export const root = resolve(fileURLToPath(new URL("../..", import.meta.url)));
const manifest = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));

/** By subpath ("" is the package itself), its declarations. */
export const entries = new Map(
  Object.entries(manifest.exports)
    .filter(([, target]) => target.types !== undefined)
    .map(([name, target]) => [name.slice(2), join(root, target.types)]),
);

/** The name of a subpath's page. */
export function pageOf(subpath) {
  return subpath === "" ? "main" : subpath;
}

/** What a subpath is imported as. */
export function importOf(page) {
  return page === "main" ? manifest.name : `${manifest.name}/${page}`;
}

const options = {
  entryPoints: [...entries.values()],
  tsconfig: join(root, ".ci/reference/tsconfig.json"),
  plugin: ["typedoc-plugin-markdown"],
  basePath: root,
  readme: "none",
  disableSources: true,
  disableGit: true,
  excludePrivate: true,
  excludeInternal: true,
  excludeExternals: true,
  githubPages: false,
  sort: ["kind", "alphabetical"],
  preservedTypeAnnotationTags: ["@throws"],
  validation: false,
  logLevel: LogLevel.Warn,
  // Of typedoc-plugin-markdown:
  outputFileStrategy: "modules",
  hideBreadcrumbs: true,
  hidePageHeader: true,
  useCodeBlocks: true,
  expandParameters: true,
  parametersFormat: "table",
  interfacePropertiesFormat: "table",
  classPropertiesFormat: "table",
  typeDeclarationFormat: "table",
  tableColumnSettings: { hideModifiers: true, hideDefaults: true, hideInherited: true, hideOverrides: true },
  pageTitleTemplates: {
    index: "API reference",
    module: ({ name }) => importOf(name),
  },
};

/**
 * Reads the declarations in dist, which `npm run build` makes.
 *
 * @returns the application that can write pages, and the project that it has read
 */
export async function readProject() {
  const app = await Application.bootstrapWithPlugins(options);
  const project = await app.convert();
  if (project === undefined || app.logger.hasErrors()) throw new Error("TypeDoc cannot read dist/**/*.d.ts");
  for (const module of project.children) module.name = pageOf(subpathOf(module.name));
  return { app, project };
}

/** TypeDoc names a module for its file. */
function subpathOf(name) {
  for (const [subpath, file] of entries) {
    const path = file.slice(root.length + 1).replace(/(\/index)?\.d\.ts$/, "");
    if (path === name) return subpath;
  }
  throw new Error(`${name} is no entry point of package.json`);
}
