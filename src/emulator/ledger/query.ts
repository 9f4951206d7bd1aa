import type { LogEntry } from "./entry.js";
import { processFacts } from "./process-facts.js";
import type { Logged } from "./signing-request.js";
import { hexOf, isSigningRequest, resultOf } from "./signing-request.js";

/** Which part of the log somebody wants to see, newest first. */
export interface AuditLogQuery {
  /** Entries older than the one of this sequence. */
  readonly before?: number;
  readonly limit: number;
  readonly organizationId?: string;
  /** A signing policy's slug. */
  readonly policy?: string;
  readonly status?: LogEntry["result"];
  /** Part of a hash, an id, a description, a command line, a user, a build or a refusal, in any case. */
  readonly text?: string;
}

/** Each result that the log can be asked for. */
export const RESULTS: readonly LogEntry["result"][] = [
  "signed",
  "processing",
  "pending",
  "denied",
  "canceled",
  "failed",
  "expired",
  "refused",
];

/** A part of the audit log. */
export interface AuditLogPage {
  /** Newest first. */
  readonly entries: readonly LogEntry[];
  /** `before` of the page that follows; `undefined` at the end of the log. */
  readonly next: number | undefined;
}

const HEX = /^[0-9a-f]+$/;

/** Whether an entry is one of those that were asked for. */
export function matcherOf(query: AuditLogQuery): (logged: Logged) => boolean {
  const { organizationId, policy, status } = query;
  const text = query.text?.toLowerCase() ?? "";
  return (logged) =>
    (organizationId === undefined || logged.organizationId === organizationId.toLowerCase()) &&
    (policy === undefined || policyOf(logged) === policy) &&
    (status === undefined || (isSigningRequest(logged) ? resultOf(logged) : "refused") === status) &&
    (text === "" || says(logged, text));
}

function policyOf(logged: Logged): string | undefined {
  return isSigningRequest(logged) ? logged.policy.slug : logged.signingPolicySlug;
}

function says(logged: Logged, text: string): boolean {
  const { id, description, user, payload } = logged;
  const { commandLine, processUser, build } = processFacts(logged.metadata);
  const refusal = isSigningRequest(logged) ? undefined : logged.refusal.problem;
  const texts = [id, description, commandLine, processUser, user, build?.url, build?.commit, build?.job];
  if ([...texts, refusal].some((each) => each?.toLowerCase().includes(text) === true)) return true;
  return payload !== undefined && HEX.test(text) && hexOf(payload).includes(text);
}
