/** A header value of the form `value; name=value; name="quoted value"` (RFC 9110, section 5.6.6). */
export interface ParameterizedValue {
  /** In lower case. */
  readonly value: string;
  /** By the name in lower case. */
  readonly parameters: ReadonlyMap<string, string>;
}

const VALUE = /[ \t]*([\w!#$%&'*+.^`|~/-]+)[ \t]*/y;
// Unquoted values may hold what a token may not: real clients put `=` and `/` into a boundary.
const PARAMETER = /;[ \t]*(?:([\w!#$%&'*+.^`|~-]+)=(?:([^\s;",]+)|"((?:[^"\\]|\\.)*)"))?[ \t]*/y;

/** `undefined` where the text is not of that form or names a parameter twice. */
export function parseParameters(text: string): ParameterizedValue | undefined {
  VALUE.lastIndex = 0;
  const value = VALUE.exec(text)?.[1];
  if (value === undefined) return undefined;
  const parameters = new Map<string, string>();
  PARAMETER.lastIndex = VALUE.lastIndex;
  while (PARAMETER.lastIndex < text.length) {
    const match = PARAMETER.exec(text);
    if (match === null) return undefined;
    const name = match[1]?.toLowerCase();
    if (name === undefined) continue;
    if (parameters.has(name)) return undefined;
    parameters.set(name, match[2] ?? (match[3] ?? "").replace(/\\(.)/g, "$1"));
  }
  return { value: value.toLowerCase(), parameters };
}
