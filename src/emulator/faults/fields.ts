import { FAILURE_BITS, TIMESTAMP_MISTAKES } from "../timestamp/mistakes.js";
import type { FaultKind, FaultOf, FaultScope } from "./fault.js";

/** What a field holds: a number, text, `true` or `false`, or one of some words. */
export type FieldType = "number" | "text" | "flag" | readonly string[];

/** One field of a fault. */
export interface Field {
  readonly type: FieldType;
  readonly required: boolean;
}

/** The fields of one kind. */
export type Fields = Readonly<Record<string, Field>>;

type NamesOf<K extends FaultKind> = Exclude<keyof FaultOf<K>, "kind" | keyof FaultScope>;

const required = (type: FieldType): Field => ({ type, required: true });
const optional = (type: FieldType): Field => ({ type, required: false });

/** The fields of each kind of fault; the first one is what `KIND=VALUE` gives. */
const OWN_FIELDS: { readonly [K in FaultKind]: { readonly [Name in NamesOf<K>]-?: Field } } = {
  latency: { ms: required("number") },
  "latency-spike": {
    spikeMs: required("number"),
    spikeProbability: optional("number"),
    ms: optional("number"),
  },
  "clock-offset": { ms: required("number") },
  status: {
    status: required("number"),
    retryAfter: optional("text"),
    retryAfterDate: optional("number"),
    body: optional(["problem", "html", "text", "empty"]),
  },
  html: {},
  redirect: { location: required("text"), status: optional("number") },
  silence: {},
  refuse: { ms: required("number") },
  "tls-failure": {
    failure: required([
      "expired",
      "not-yet-valid",
      "foreign-name",
      "untrusted",
      "alert",
      "plain-text",
      "reset",
    ]),
  },
  "rotate-certificate": {
    newKey: optional("flag"),
    validFromMs: optional("number"),
    validToMs: optional("number"),
  },
  reset: { when: required(["before", "headers", "body", "after"]) },
  "slow-body": { bytesPerSecond: required("number") },
  "truncated-body": {},
  "oversized-body": { bytes: required("number"), chunked: optional("flag") },
  "gzip-bomb": { bytes: optional("number") },
  "malformed-json": {},
  gzip: {},
  "wrong-content-type": { contentType: optional("text") },
  "wrong-case": {},
  "missing-field": { field: required("text") },
  "extra-field": { field: optional("text") },
  "foreign-echo": { field: required(["hash", "algorithm", "oid"]) },
  "garbage-certificate": {},
  "signature-encoding": { encoding: required(["base64url", "unpadded", "hex", "lines", "garbage", "null"]) },
  "other-key": {},
  "other-hash": {},
  "hashed-twice": {},
  "flipped-bit": {},
  "truncated-signature": {},
  "long-signature": {},
  "empty-signature": {},
  "zero-signature": {},
  "reversed-signature": {},
  "stripped-zeros": {},
  "out-of-range-signature": { component: optional(["r", "s"]) },
  "other-padding": {},
  "wrong-pkcs1": {
    encoding: required(["other-oid", "missing-null", "bare-hash", "trailing-bytes", "encryption-block"]),
  },
  "wrong-pss": { encoding: required(["other-mgf1-hash", "other-trailer"]) },
  "other-salt-length": { saltLength: required("number") },
  "swapped-signature": {},
  "der-signature": {},
  "p1363-signature": {},
  "timestamp-rejection": { failure: optional(Object.keys(FAILURE_BITS)), waiting: optional("flag") },
  "wrong-timestamp": { mistake: required(TIMESTAMP_MISTAKES) },
};

const SCOPE: { readonly [Name in keyof FaultScope]-?: Field } = {
  route: optional("text"),
  count: optional("number"),
  probability: optional("number"),
};

/** Every kind of fault with the names of its own fields. */
export const FAULT_KINDS: ReadonlyMap<string, readonly string[]> = new Map(
  Object.entries(OWN_FIELDS).map(([kind, fields]) => [kind, Object.keys(fields)]),
);

/**
 * The fields of a kind, those of every kind after its own.
 *
 * @throws TypeError where there is no such kind
 */
export function fieldsOf(kind: unknown): Fields {
  if (typeof kind !== "string" || !Object.hasOwn(OWN_FIELDS, kind)) {
    throw new TypeError(
      `There is no fault '${String(kind)}'; there are ${Object.keys(OWN_FIELDS).join(", ")}.`,
    );
  }
  return { ...OWN_FIELDS[kind as FaultKind], ...SCOPE };
}

/** @throws TypeError where a field is missing, unknown or not what it should be */
export function assertFields(fault: object): void {
  const { kind, ...given } = fault as { readonly kind?: unknown } & Readonly<Record<string, unknown>>;
  const fields = fieldsOf(kind);
  for (const [name, value] of Object.entries(given)) {
    const field = Object.hasOwn(fields, name) ? fields[name] : undefined;
    if (field === undefined) {
      throw new TypeError(
        `The fault '${String(kind)}' has no field '${name}'; it has ${Object.keys(fields).join(", ")}.`,
      );
    }
    if (value !== undefined) assertType(name, field.type, value);
  }
  for (const [name, field] of Object.entries(fields)) {
    if (field.required && given[name] === undefined) {
      throw new TypeError(`The fault '${String(kind)}' needs ${name}, ${inWords(field.type)}.`);
    }
  }
}

function assertType(name: string, type: FieldType, value: unknown): void {
  const fits =
    type === "number"
      ? typeof value === "number"
      : type === "text"
        ? typeof value === "string"
        : type === "flag"
          ? typeof value === "boolean"
          : type.some((word) => word === value);
  if (!fits) throw new TypeError(`${name} must be ${inWords(type)}, not ${shown(value)}.`);
}

function inWords(type: FieldType): string {
  if (type === "number") return "a number";
  if (type === "text") return "a string";
  if (type === "flag") return "true or false";
  return type.map((word) => `'${word}'`).join(" or ");
}

function shown(value: unknown): string {
  return typeof value === "string" ? `'${value}'` : String(value);
}
