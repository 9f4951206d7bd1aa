import { randomBytes } from "node:crypto";
import type { Reply } from "./reply.js";
import { Refusal } from "./reply.js";

/** Statuses with the `type` and `title` that ASP.NET has for them. */
const KINDS: ReadonlyMap<number, readonly [type: string, title: string]> = new Map([
  [400, ["rfc9110#section-15.5.1", "Bad Request"]],
  [401, ["rfc9110#section-15.5.2", "Unauthorized"]],
  [403, ["rfc9110#section-15.5.4", "Forbidden"]],
  [404, ["rfc9110#section-15.5.5", "Not Found"]],
  [405, ["rfc9110#section-15.5.6", "Method Not Allowed"]],
  [408, ["rfc9110#section-15.5.9", "Request Timeout"]],
  [409, ["rfc9110#section-15.5.10", "Conflict"]],
  [410, ["rfc9110#section-15.5.11", "Gone"]],
  [413, ["rfc9110#section-15.5.14", "Content Too Large"]],
  [415, ["rfc9110#section-15.5.16", "Unsupported Media Type"]],
  [422, ["rfc4918#section-11.2", "Unprocessable Entity"]],
  [429, ["rfc6585#section-4", "Too Many Requests"]],
  [500, ["rfc9110#section-15.6.1", "An error occurred while processing your request."]],
  [502, ["rfc9110#section-15.6.3", "Bad Gateway"]],
  [503, ["rfc9110#section-15.6.4", "Service Unavailable"]],
  [504, ["rfc9110#section-15.6.5", "Gateway Timeout"]],
]);

/** A problem details body (RFC 9457), its members in the order in which the service writes them. */
export function problem(
  status: number,
  detail?: string,
  headers: Readonly<Record<string, string>> = {},
  errors?: Readonly<Record<string, readonly string[]>>,
): Reply {
  const kind = KINDS.get(status);
  return {
    status,
    headers: { "Content-Type": "application/problem+json; charset=utf-8", ...headers },
    body: {
      json: {
        ...(errors !== undefined && { errors }),
        ...(kind !== undefined && { type: `https://tools.ietf.org/html/${kind[0]}` }),
        title: errors !== undefined ? "One or more validation errors occurred." : (kind?.[1] ?? "Error"),
        status,
        ...(detail !== undefined && { detail }),
        traceId: traceId(),
      },
    },
  };
}

/** 400 about one field, or with the empty name about the request as a whole. */
export function invalid(field: string, message: string): Refusal {
  return invalidFields(new Map([[field, message]]));
}

/** 400 about several fields at once. */
export function invalidFields(messages: ReadonlyMap<string, string>): Refusal {
  const errors = Object.fromEntries([...messages].map(([field, message]) => [field, [message]]));
  return new Refusal(problem(400, undefined, {}, errors));
}

/** What a problem says, in one line. */
export function wordsOf({ body, status }: Reply): string {
  const { errors, detail, title } = ("json" in body ? body.json : {}) as {
    errors?: Readonly<Record<string, readonly string[]>>;
    detail?: string;
    title?: string;
  };
  const messages = Object.entries(errors ?? {}).map(([field, texts]) =>
    field === "" ? texts.join(" ") : `${field}: ${texts.join(" ")}`,
  );
  return messages.length > 0 ? messages.join(" ") : (detail ?? title ?? `Status ${status}`);
}

/** W3C trace context: version, trace, span, flags. */
function traceId(): string {
  return `00-${randomBytes(16).toString("hex")}-${randomBytes(8).toString("hex")}-00`;
}
