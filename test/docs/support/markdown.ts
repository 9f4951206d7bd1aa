import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";

export const ROOT: string = resolve(import.meta.dirname, "../../..");

/** A fenced block of a document. */
export interface Block {
  readonly document: string;
  /** The heading above it. */
  readonly section: string;
  /** Its place among the blocks of its section, from 0. */
  readonly index: number;
  readonly language: string;
  readonly source: string;
  readonly line: number;
  /** Nothing stands between it and the heading: in the reference, the signature of what the heading names. */
  readonly isFirst: boolean;
}

/** A link or an image of a document. */
export interface Link {
  readonly target: string;
  readonly line: number;
}

/** A Markdown file. */
export interface Document {
  /** Within the repository, with slashes. */
  readonly path: string;
  readonly blocks: readonly Block[];
  readonly links: readonly Link[];
  /** What can stand after a `#` in a link to it. */
  readonly anchors: ReadonlySet<string>;
}

/** The documents for people, without the reference, which is made from docstrings. */
export const DOCUMENTS: readonly string[] = [
  ...["README.md", "CONTRIBUTING.md", "CHANGELOG.md", ".github/SECURITY.md"],
  ...["examples/README.md", "bench/README.md"],
  ...markdownIn("docs"),
];

/** The pages that `npm run reference` makes. */
export const REFERENCE: readonly string[] = markdownIn("docs/api");

/** All that can be linked to or from. */
export const ALL_DOCUMENTS: readonly string[] = [...DOCUMENTS, ...REFERENCE];

function markdownIn(folder: string): string[] {
  const names = readdirSync(join(ROOT, folder)).filter((name) => name.endsWith(".md"));
  return names.sort().map((name) => `${folder}/${name}`);
}

export function readDocument(path: string): Document {
  return parseDocument(path, readFileSync(join(ROOT, path), "utf8"));
}

/** Reads the little of Markdown that is needed here: headings, fences and inline links. */
export function parseDocument(path: string, text: string): Document {
  const blocks: Block[] = [];
  const links: Link[] = [];
  const anchors = new Set<string>();
  let section = "";
  let isFirst = false;
  let fence: { mark: string; indent: string; language: string; lines: string[]; line: number } | undefined;
  for (const [number, line] of text.split("\n").entries()) {
    if (fence !== undefined) {
      if (line.trim() !== fence.mark) {
        fence.lines.push(line.startsWith(fence.indent) ? line.slice(fence.indent.length) : line);
        continue;
      }
      const { language, lines } = fence;
      const index = blocks.filter((each) => each.section === section).length;
      const source = lines.map((each) => `${each}\n`).join("");
      blocks.push({ document: path, section, index, language, source, line: fence.line, isFirst });
      isFirst = false;
      fence = undefined;
      continue;
    }
    const [, indent = "", mark, language = ""] = /^(\s*)(`{3,})(\S*)/.exec(line) ?? [];
    if (mark !== undefined) {
      fence = { mark, indent, language, lines: [], line: number + 1 };
      continue;
    }
    const heading = /^#{1,6} +(.*?)\s*$/.exec(line)?.[1];
    if (heading !== undefined) {
      section = plain(heading);
      addAnchor(anchors, section);
      isFirst = true;
      continue;
    }
    if (line.trim() !== "") isFirst = false;
    for (const [, id = ""] of line.matchAll(/<a id="([^"]+)">/g)) anchors.add(id);
    for (const [, target = ""] of withoutCode(line).matchAll(/\]\(([^()\s]*(?:\([^()\s]*\)[^()\s]*)*)\)/g))
      links.push({ target, line: number + 1 });
  }
  if (fence !== undefined) throw new Error(`${path}: the block of line ${fence.line} has no end`);
  return { path, blocks, links, anchors };
}

/** A heading's text as it is shown. */
function plain(heading: string): string {
  return heading
    .replace(/\[([^\]]*)\]\([^)]*\)/g, "$1")
    .replace(/`/g, "")
    .replace(/\\(?=[^\w\s])/g, "");
}

/** As GitHub makes them: a heading that is there already gets a number. */
function addAnchor(anchors: Set<string>, heading: string): void {
  const slug = heading
    .toLowerCase()
    .replace(/[^\p{L}\p{M}\p{N}\p{Pc} -]/gu, "")
    .replaceAll(" ", "-");
  let anchor = slug;
  for (let count = 1; anchors.has(anchor); count++) anchor = `${slug}-${count}`;
  anchors.add(anchor);
}

function withoutCode(line: string): string {
  return line.replace(/(`+)(?:(?!\1).)*\1/g, "``");
}

/** Where a link of a document leads within the repository; `undefined` for one that leads out of it. */
export function targetOf(document: string, target: string): { path: string; anchor: string } | undefined {
  if (/^[a-z][a-z0-9+.-]*:/i.test(target)) return undefined;
  const [path = "", anchor = ""] = target.split("#");
  const decoded = decodeURIComponent(path);
  return { path: decoded === "" ? document : join(dirname(document), decoded).replaceAll("\\", "/"), anchor };
}
