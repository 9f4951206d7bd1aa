import { timingSafeEqual } from "node:crypto";
import { problem } from "./problem.js";
import { Refusal } from "./reply.js";

const BEARER = /^Bearer +(\S+) *$/i;

/** Refuses a request without the right bearer token (RFC 6750). */
export function assertAuthorized(header: string | undefined, apiToken: string): void {
  const given = Buffer.from(BEARER.exec(header ?? "")?.[1] ?? "");
  const expected = Buffer.from(apiToken);
  if (given.length === expected.length && timingSafeEqual(given, expected)) return;
  const detail = header === undefined ? "The API token is missing." : "The API token is invalid.";
  throw new Refusal(problem(401, detail, { "WWW-Authenticate": "Bearer" }));
}
