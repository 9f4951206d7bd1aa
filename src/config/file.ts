import { readFileSync } from "node:fs";
import { messageOf } from "../base/errors.js";
import { Unreadable } from "./readers.js";

/** The names of a JSON configuration file, in lower case and dotted, as .NET's configuration compares them. */
export type FileValues = ReadonlyMap<string, unknown>;

/**
 * Reads a configuration file of the SignPath crypto providers.
 *
 * @throws {Unreadable} where it cannot be read or holds no JSON object.
 */
export function readConfigFile(path: string): FileValues {
  let content: unknown;
  try {
    content = JSON.parse(readFileSync(path, "utf8").replace(/^\uFEFF/, ""));
  } catch (error) {
    // A JSON error of V8 quotes the text around it, and the text may be the token.
    const reason = error instanceof SyntaxError ? "it is not JSON" : messageOf(error);
    throw new Unreadable(`cannot be read: ${reason}`);
  }
  if (typeof content !== "object" || content === null || Array.isArray(content)) {
    throw new Unreadable("cannot be read: it is not a JSON object");
  }
  const values = new Map<string, unknown>();
  flatten("", content, values);
  return values;
}

function flatten(prefix: string, object: object, into: Map<string, unknown>): void {
  for (const [name, value] of Object.entries(object)) {
    const dotted = `${prefix}${name.toLowerCase()}`;
    if (typeof value === "object" && value !== null && !Array.isArray(value))
      flatten(`${dotted}.`, value, into);
    else if (value !== null && value !== "") into.set(dotted, value);
  }
}
