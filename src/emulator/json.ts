/** Nesting that the service's JSON reader takes at most (System.Text.Json's default). */
const MAX_DEPTH = 64;

const utf8 = new TextDecoder("utf-8", { fatal: true });

/** An object of JSON: own properties only are data. */
export type JsonObject = Readonly<Record<string, unknown>>;

/** The JSON object that the bytes hold; `undefined` where they hold anything else. */
export function parseJsonObject(bytes: Uint8Array): JsonObject | undefined {
  let value: unknown;
  try {
    const text = utf8.decode(bytes);
    if (!isShallow(text)) return undefined;
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  return isObject(value) ? value : undefined;
}

export function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** A property of the object itself: `constructor` and its like are not data. */
export function own(object: JsonObject, name: string): unknown {
  return Object.hasOwn(object, name) ? object[name] : undefined;
}

/** The first property that is not one of `names`. */
export function unknownProperty(object: JsonObject, names: ReadonlySet<string>): string | undefined {
  return Object.keys(object).find((name) => !names.has(name));
}

// What is parsed is written again later, and JSON.stringify recurses where JSON.parse does not.
function isShallow(text: string): boolean {
  let depth = 0;
  let quoted = false;
  for (let at = 0; at < text.length; at++) {
    const character = text[at];
    if (quoted) {
      if (character === "\\") at++;
      else if (character === '"') quoted = false;
    } else if (character === '"') quoted = true;
    else if (character === "{" || character === "[") {
      if (++depth > MAX_DEPTH) return false;
    } else if (character === "}" || character === "]") depth--;
  }
  return true;
}
