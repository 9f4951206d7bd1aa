import type { ProblemDetails } from "../../wire/problem.js";

/** The longest text of the server that goes into an error. */
const LONGEST_TEXT = 1000;
const MOST_ENTRIES = 20;
const LONGEST_BODY = 64 * 1024;

/** What the server said about a failure: a problem body where it was one, and its words in one line. */
export interface ServerWords {
  readonly problem?: ProblemDetails;
  readonly words: string;
}

/**
 * Reads the body of a failed request: problem details (RFC 9457) whatever their content type is, plain text, or
 * HTML, of which only the title is taken. Nothing in it is trusted: texts are cut, stripped of control
 * characters and passed through `redact`.
 */
export function readServerWords(body: Buffer, redact: (text: string) => string): ServerWords {
  // Redacted before anything is cut: a part of a secret would not be recognised.
  const text = redact(body.toString("utf8")).slice(0, LONGEST_BODY).trim();
  const clean = (value: string): string => oneLine(redact(value));
  if (text === "") return { words: "" };
  const problem = text.startsWith("{") ? parseProblem(text, clean) : undefined;
  if (problem !== undefined) return { problem, words: problemWords(problem) };
  if (text.startsWith("<"))
    return { words: clean(/<title(?:\s[^<>]*)?>([^<]*)/i.exec(text.slice(0, 4096))?.[1] ?? "an HTML page") };
  return { words: clean(text.slice(0, 300)) };
}

function parseProblem(text: string, clean: (value: string) => string): ProblemDetails | undefined {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (typeof parsed !== "object" || parsed === null) return undefined;
  const members = new Map(
    Object.entries(parsed).map(([name, value]) => [name.toLowerCase(), value as unknown]),
  );
  const word = (name: string): Record<string, string> => {
    const value = members.get(name.toLowerCase());
    return typeof value === "string" && value !== "" ? { [name]: clean(value) } : {};
  };
  const status = members.get("status");
  const errors = fieldErrors(members.get("errors"), clean);
  return Object.freeze({
    ...word("type"),
    ...word("title"),
    ...(typeof status === "number" && { status }),
    ...word("detail"),
    ...word("instance"),
    ...word("traceId"),
    ...(errors !== undefined && { errors }),
  });
}

function fieldErrors(value: unknown, clean: (value: string) => string): ProblemDetails["errors"] {
  if (typeof value !== "object" || value === null) return undefined;
  const errors: Record<string, readonly string[]> = Object.create(null) as Record<string, readonly string[]>;
  for (const [field, messages] of Object.entries(value).slice(0, MOST_ENTRIES)) {
    const list: unknown[] = Array.isArray(messages) ? messages : [messages];
    errors[clean(field)] = list
      .filter((entry) => typeof entry === "string")
      .slice(0, MOST_ENTRIES)
      .map(clean);
  }
  return Object.freeze(errors);
}

/** The problem's own words: the messages by field, else the detail, else the title. */
function problemWords({ errors, detail, title }: ProblemDetails): string {
  const messages = Object.entries(errors ?? {}).flatMap(([field, list]) =>
    list.map((message) => (field === "" ? message : `${field}: ${message}`)),
  );
  if (messages.length > 0) return messages.join(" ");
  return detail ?? title ?? "";
}

/** Text of a server as it may be shown: control and bidirectional formatting characters could rewrite a terminal. */
export function oneLine(text: string): string {
  return text
    .replace(/[\p{Cc}\p{Cf}\u2028\u2029\s]+/gu, " ")
    .trim()
    .slice(0, LONGEST_TEXT);
}
