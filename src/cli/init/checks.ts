import { isLoopback } from "../../config/proxy.js";
import { address, text, Unreadable, uuid } from "../../config/readers.js";
import { holdsToken } from "../../config/token.js";

/** Reads an answer; what it throws is an {@link Unreadable} whose words do not repeat the answer. */
export type Check = (answer: string) => string;

/** What is answered. */
export type Subject = "organization" | "slug" | "apiUrl" | "timestamp" | "path" | "pattern";

/** As long as a slug may be here; SignPath does not say. */
const LONGEST_SLUG = 100;

/** The checks of all answers. None lets an API token pass: what is answered is written to files that others read. */
export function checks(token: string | undefined): Readonly<Record<Subject, Check>> {
  const guarded =
    (check: Check): Check =>
    (answer) => {
      if (holdsToken(answer, token === undefined ? [] : [token.trim()]) || looksLikeToken(answer))
        throw new Unreadable("holds the API token, which belongs into SIGNPATH_API_TOKEN alone");
      return check(answer);
    };
  return {
    organization: guarded(CHECKS.organization),
    slug: guarded(CHECKS.slug),
    apiUrl: guarded(CHECKS.apiUrl),
    timestamp: guarded(CHECKS.timestamp),
    path: guarded(CHECKS.path),
    pattern: guarded(CHECKS.pattern),
  };
}

const CHECKS: Readonly<Record<Subject, Check>> = {
  organization: (answer: string): string => uuid(answer).toLowerCase(),

  slug: (answer: string): string => {
    const slug = text(answer);
    if (!/^[\p{L}\p{N}._~-]+$/u.test(slug) || slug.length > LONGEST_SLUG)
      throw new Unreadable("must be a slug: letters, digits, hyphens, dots and underscores");
    return slug;
  },

  apiUrl: (answer: string): string => {
    const url = address(answer);
    if (url.protocol === "http:" && !isLoopback(url.hostname))
      throw new Unreadable("is plain http, which would show the API token to the network: use https");
    return inText(url.href.replace(/\/$/, ""));
  },

  timestamp: (answer: string): string => inText(address(answer).href),

  /** In jobs of all platforms, in which it stands in quotes. */
  path: (answer: string): string => {
    const path = text(answer).replace(/^\.\//, "");
    if (!/^[\w./@+~ -]+$/.test(path) || path.startsWith("-"))
      throw new Unreadable("must be a path of letters, digits, spaces and . _ / @ + ~ -");
    return path;
  },

  /** In shell commands without quotes. */
  pattern: (answer: string): string => {
    const pattern = text(answer);
    if (!/^[\w./@+*?~-]+$/.test(pattern) || pattern.startsWith("-"))
      throw new Unreadable("must be a path without spaces, in which * and ? stand for anything");
    return pattern;
  },
};

/** Variables of all platforms begin with a dollar sign. */
function inText(url: string): string {
  if (/[$'"`\\\s]/.test(url)) throw new Unreadable("must not have quotes, dollar signs or spaces");
  return url;
}

/** Long, and of small and capital letters and digits: no word that a person has chosen. */
function looksLikeToken(answer: string): boolean {
  return (answer.match(/[A-Za-z0-9+=]{32,}/g) ?? []).some((run) =>
    [/[a-z]/, /[A-Z]/, /\d/].every((kind) => kind.test(run)),
  );
}
