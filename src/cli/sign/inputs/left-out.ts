import type { LeftOut } from "./input.js";

/** What signing leaves behind: signatures, temporary files, journals. */
const MADE = /\.(?:p7s|sig|jws)$|^\.signpath-/i;

/**
 * Why a file is not signed, or a directory not entered, that nobody has named.
 *
 * @param name - without its folder
 * @param pattern - what was asked for, where it was not a whole directory: who asks for signatures gets them
 */
export function reasonToLeaveOut(name: string, pattern?: string): LeftOut | undefined {
  if (MADE.test(name)) return pattern !== undefined && MADE.test(pattern) ? undefined : "made";
  return name.startsWith(".") && pattern === undefined ? "hidden" : undefined;
}

/** What is said of them, once. */
export function leftOutText(leftOut: ReadonlyMap<LeftOut, number>): string | undefined {
  const [made = 0, hidden = 0] = [leftOut.get("made"), leftOut.get("hidden")];
  const parts = [
    ...(made > 0 ? [`${made} that signing has made (*.p7s, *.sig, *.jws, .signpath-*)`] : []),
    ...(hidden > 0 ? [`${hidden} hidden (their names begin with a dot)`] : []),
  ];
  return parts.length === 0
    ? undefined
    : `left out of directories: ${parts.join(" and ")}; name them to sign them`;
}
