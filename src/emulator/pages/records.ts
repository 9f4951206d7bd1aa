import type { SigningRequestStatus } from "../../wire/signing.js";
import type { JsonObject } from "../json.js";
import { isObject, own } from "../json.js";
import type { Service } from "../service.js";
import type { AuditEntry } from "../submission/ledger.js";
import type { WireExchange } from "./wire-exchange.js";

/** Which entries of the audit log are wanted. */
export interface Filter {
  readonly policy?: string | undefined;
  readonly status?: SigningRequestStatus | undefined;
  readonly text?: string | undefined;
}

/** An entry, with what its metadata say about where it comes from. */
export interface Row extends AuditEntry {
  readonly commandLine: string | undefined;
  readonly processUser: string | undefined;
  readonly exchange?: WireExchange | undefined;
  readonly build: { readonly url?: string; readonly commit?: string; readonly job?: string } | undefined;
}

/** Some entries, newest first. */
export interface Rows {
  readonly rows: readonly Row[];
  /** The id to go on before, if there are more. */
  readonly before: string | undefined;
}

export function pageOf({ ledger }: Service, filter: Filter, limit: number, before?: string): Rows {
  const all = ledger.toArray().reverse();
  const start = before === undefined ? 0 : all.findIndex(({ id }) => id === before) + 1;
  const text = filter.text?.toLowerCase();
  const found: Row[] = [];
  for (const entry of all.slice(start)) {
    if (filter.policy !== undefined && entry.signingPolicySlug !== filter.policy) continue;
    if (filter.status !== undefined && entry.status !== filter.status) continue;
    if (text !== undefined && !JSON.stringify(entry).toLowerCase().includes(text)) continue;
    if (found.length === limit) return { rows: found, before: found.at(-1)?.id };
    found.push(rowOf(entry));
  }
  return { rows: found, before: undefined };
}

export function rowOf(entry: AuditEntry): Row {
  const metadata = isObject(entry.metadata) ? entry.metadata : {};
  const creating = objectIn(metadata, "CreatingProcess", "sourceProcess");
  const build = objectIn(metadata, "Build", "build");
  return {
    ...entry,
    commandLine: textIn(creating, "CommandLine", "commandLine"),
    processUser: textIn(creating, "User", "user"),
    build: {
      ...optional("url", textIn(build, "Url", "url")),
      ...optional("commit", textIn(build, "Commit", "commit")),
      ...optional("job", textIn(build, "Job", "job")),
    },
  };
}

function optional<K extends string>(name: K, value: string | undefined): { readonly [P in K]?: string } {
  return value === undefined ? {} : ({ [name]: value } as { readonly [P in K]: string });
}

function objectIn(object: JsonObject, ...names: readonly string[]): JsonObject {
  return names.map((name) => own(object, name)).find(isObject) ?? {};
}

function textIn(object: JsonObject, ...names: readonly string[]): string | undefined {
  return names.map((name) => own(object, name)).find((value) => typeof value === "string");
}
