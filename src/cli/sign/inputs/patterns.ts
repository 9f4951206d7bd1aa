import { sep } from "node:path";
import picomatch from "picomatch";

/** Whether a name could be one of several, in the way of shells. */
export function looksLikePattern(name: string): boolean {
  return /[*?[{(]/.test(name);
}

/** Names of Windows have no backslashes but those between folders, and mean the same in any case of letters. */
const IS_WINDOWS: boolean = sep === "\\";
const OPTIONS: picomatch.PicomatchOptions = { nocase: IS_WINDOWS, strictSlashes: true };

/** A pattern, and where it begins. */
export interface Pattern {
  /** As it was given. */
  readonly text: string;
  /** The folders before the first part that stands for several names; empty: here. */
  readonly base: string;
  /** Whether a name below the base is one that is meant. */
  matches(below: string): boolean;
  /** Whether names that are meant could stand in a folder below the base. */
  mayHold(folder: string): boolean;
}

/** @returns `undefined` for a name that stands for itself alone */
export function readPattern(text: string): Pattern | undefined {
  const { isGlob, base, glob } = picomatch.scan(withSlashes(text));
  if (!isGlob) return undefined;
  const matches = picomatch(glob, OPTIONS);
  const parts = partsOf(glob);
  return {
    text,
    base: base === "" && text.startsWith("/") ? "/" : base,
    matches: (below) => matches(withSlashes(below)),
    mayHold: (folder) => {
      if (parts === undefined) return true;
      const names = withSlashes(folder).split("/");
      for (const [index, name] of names.entries()) {
        const part = parts[index];
        if (part?.isStars) return true;
        // The last part is of files.
        if (part === undefined || index === parts.length - 1 || !part.matches(name)) return false;
      }
      return true;
    },
  };
}

/**
 * Whether a file or a folder is to be left alone: a pattern without a slash means names, whatever folder they are in; one with a
 * slash means paths, as they are given or below a directory that is.
 */
export function excluding(patterns: readonly string[]): (file: string, below?: string) => boolean {
  const readAll = (isMeant: (pattern: string) => boolean): ((path: string) => boolean) => {
    const matchers = patterns
      .map((pattern) => withSlashes(pattern).replace(/^\.\//, "").replace(/\/$/, ""))
      .filter(isMeant)
      .map((pattern) => picomatch(pattern, { ...OPTIONS, dot: true }));
    return (path) => matchers.some((matches) => matches(path));
  };
  const [isName, isPath] = [
    readAll((pattern) => !pattern.includes("/")),
    readAll((pattern) => pattern.includes("/")),
  ];
  return (file, below) => {
    const paths = [file, ...(below === undefined ? [] : [below])].map((path) =>
      withSlashes(path).replace(/^(?:\.\/)+/, ""),
    );
    return paths.some((path) => isPath(path)) || isName(paths.at(-1)?.split("/").at(-1) ?? "");
  };
}

/** The parts between slashes; undefined where alternatives hold slashes themselves. */
function partsOf(glob: string): { isStars: boolean; matches: (name: string) => boolean }[] | undefined {
  if (/[{(][^})]*\//.test(glob)) return undefined;
  return glob.split("/").map((part) => ({
    isStars: part.includes("**"),
    matches: picomatch(part, OPTIONS),
  }));
}

function withSlashes(path: string): string {
  return IS_WINDOWS ? path.replaceAll("\\", "/") : path;
}
