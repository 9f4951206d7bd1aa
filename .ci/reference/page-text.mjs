// The last touch to a page: what it is, how it is imported, and no line that ends in spaces.
import { ReflectionKind } from "typedoc";
import { importOf } from "./project.mjs";

const made = "<!-- Made by `npm run reference` from the docstrings: change those. -->";

/**
 * @param {string} text as typedoc-plugin-markdown writes it
 * @param {string} file the page's file name
 * @param project what TypeDoc has read
 */
export function pageText(text, file, project) {
  const whole = file === "README.md" ? index(project) : text;
  return `${made}\n\n${whole
    .replace(/[ \t]+$/gm, "")
    .replace(/\n{3,}/g, "\n\n")
    .trim()}\n`;
}

function index(project) {
  const rows = project.children.map((module) => {
    const values = module.children.filter((each) =>
      each.kindOf(ReflectionKind.SomeValue | ReflectionKind.Class),
    );
    const shown = values.map(({ name }) => `\`${name}\``).join(", ");
    return `| [\`${importOf(module.name)}\`](${module.name}.md) | ${shown} |`;
  });
  return [
    "# API reference",
    "",
    "One page for each subpath of the package, made from the docstrings. [The map of the documents](../README.md) has the rest.",
    "",
    "| import | what there is |",
    "| --- | --- |",
    ...rows,
  ].join("\n");
}
