import { SETTINGS } from "../../../config/settings.js";

/** What means something beside the settings: here, in the plugins, or to SignPath's crypto providers alone. */
const OTHERS = [
  "SIGNPATH_CONFIG_FILE",
  "SIGNPATH_CERTIFICATES",
  "SIGNPATH_TIMESTAMP_URLS",
  "SIGNPATH_DEBUG",
  "SIGNPATH_GIT_HASH",
  "SIGNPATH_GIT_PADDING",
  "SIGNPATH_GIT_ROOTS",
  "SIGNPATH_GIT_TIMESTAMP_ROOTS",
  "SIGNPATH_GIT_VERIFIER",
  "SIGNPATH_INCLUDE_DUMMY_X509CERTIFICATE_FOR_GPG_KEYS",
];
const OF_PROVIDERS = /^SIGNPATH_(?:LOG|CRYPTOKI)_/;

/** A misspelling has so many wrong, missing or surplus letters at most. */
const MOST_EDITS = 3;

/** Variables whose names begin as ours do and that nothing reads, with the name that may have been meant. */
export function unknownVariables(
  env: Readonly<Record<string, string | undefined>>,
): { readonly name: string; readonly meant: string | undefined }[] {
  const known = [
    ...Object.values(SETTINGS).flatMap(({ variables }) => variables.map(({ name }) => name)),
    ...OTHERS,
  ];
  return Object.keys(env)
    .filter((name) => name.startsWith("SIGNPATH_") && !known.includes(name) && !OF_PROVIDERS.test(name))
    .sort()
    .map((name) => {
      const distances = known.map((each) => ({ each, distance: editDistance(name, each) }));
      const [nearest] = distances.sort((a, b) => a.distance - b.distance);
      return { name, meant: nearest && nearest.distance <= MOST_EDITS ? nearest.each : undefined };
    });
}

/** By Levenshtein. */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const [above = 0, left = 0, diagonal = 0] = [row[j], next[j - 1], row[j - 1]];
      next.push(Math.min(above + 1, left + 1, diagonal + (a[i - 1] === b[j - 1] ? 0 : 1)));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
