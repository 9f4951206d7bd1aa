import { tokenDefect } from "./token.js";

/** What a setting's value is not; the loader adds which setting and where it stands. */
export class Unreadable extends Error {}

/** Turns a value from an option, a variable or the file into the setting, or throws {@link Unreadable}. */
export type Reader<T> = (value: unknown) => T;

/** Non-empty text without control characters. */
export const text: Reader<string> = (value) => {
  if (typeof value !== "string") throw new Unreadable("must be text");
  const trimmed = value.trim();
  if (trimmed === "") throw new Unreadable("is empty");
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  if (/[\x00-\x1f\x7f]/.test(trimmed)) throw new Unreadable("has control characters");
  return trimmed;
};

/** UUID in its usual form. */
export const uuid: Reader<string> = (value) => {
  const id = text(value);
  if (!/^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(id)) {
    throw new Unreadable("must be a UUID such as 00000000-0000-0000-0000-000000000000");
  }
  return id;
};

/** API token, or a function that supplies it. */
export const token: Reader<string | (() => string | Promise<string>)> = (value) => {
  if (typeof value === "function") return value as () => string | Promise<string>;
  if (typeof value !== "string") throw new Unreadable("must be text or a function");
  const trimmed = value.trim();
  if (trimmed === "") throw new Unreadable("is empty");
  const defect = tokenDefect(trimmed);
  if (defect !== undefined) throw new Unreadable(defect);
  return trimmed;
};

/** HTTP or HTTPS address without credentials, query and fragment. */
export const address: Reader<URL> = (value) => {
  const raw = value instanceof URL ? value.href : text(value);
  const url = URL.canParse(raw) ? new URL(raw) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol))
    throw new Unreadable("must be an https:// address");
  if (url.username !== "" || url.password !== "")
    throw new Unreadable("must not hold a user name or password");
  if (url.search !== "" || url.hash !== "") throw new Unreadable("must not have a query or a fragment");
  return url;
};

/** `true` or `false`, as a value or as text in any case. */
export const flag: Reader<boolean> = (value) => {
  if (typeof value === "boolean") return value;
  const word = typeof value === "string" ? value.trim().toLowerCase() : undefined;
  if (word === "true" || word === "1") return true;
  if (word === "false" || word === "0") return false;
  throw new Unreadable("must be true or false");
};

/** A number in a range, as a value or as text. */
function number(value: unknown, low: number, high: number, whole: boolean): number {
  const parsed = typeof value === "string" && value.trim() !== "" ? Number(value) : value;
  const fits = typeof parsed === "number" && parsed >= low && parsed <= high;
  if (!fits || (whole && !Number.isInteger(parsed))) {
    throw new Unreadable(`must be a ${whole ? "whole " : ""}number from ${low} to ${high}`);
  }
  return parsed;
}

/** The longest wait that a timer takes: 2^31 − 1 ms, almost 25 days. */
const LONGEST_MS = 2_147_483_647;

/** Whole number from `low` to `high`. */
export function count(low: number, high: number): Reader<number> {
  return (value) => number(value, low, high, true);
}

/** Duration in milliseconds. */
export function milliseconds(low: number): Reader<number> {
  return (value) => number(value, low, LONGEST_MS, false);
}

/** Duration in seconds, given on in milliseconds. */
export function seconds(low: number): Reader<number> {
  return (value) => Math.round(number(value, low, Math.floor(LONGEST_MS / 1000), false) * 1000);
}

/** One of some words. */
export function word<const T extends string>(...words: readonly T[]): Reader<T> {
  return (value) => {
    const found = words.find((candidate) => candidate === value);
    if (found === undefined) throw new Unreadable(`must be one of ${words.join(", ")}`);
    return found;
  };
}
