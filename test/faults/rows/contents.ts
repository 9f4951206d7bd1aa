import type { Nature } from "../expectations.js";
import type { RouteTitle } from "../routes.js";
import type { Row } from "./row.js";
import { HARMLESS, LONG, REPEATING, SHORT, SIGNING, STATES, SUBMISSIONS, UNUSABLE } from "./row.js";

const MIB = 1024 * 1024;

function lackingField(field: string, nature: Nature, on: readonly RouteTitle[]): Row {
  return { title: `answer without ${field}`, fault: { kind: "missing-field", field }, nature, on };
}

/** Faults in what an answer says. */
export const CONTENTS: readonly Row[] = [
  { title: "an HTML page", fault: { kind: "html" }, nature: UNUSABLE },
  {
    title: "a body as long as is read",
    fault: { kind: "oversized-body", bytes: MIB },
    nature: HARMLESS,
    on: SHORT,
  },
  ...[true, false].flatMap((chunked): Row[] => [
    {
      title: `a body longer than is read, ${chunked ? "in chunks" : "with its length"}`,
      fault: { kind: "oversized-body", bytes: MIB + 1, chunked },
      nature: UNUSABLE,
      on: SHORT,
    },
    {
      title: `a list or an artifact longer than is read, ${chunked ? "in chunks" : "with its length"}`,
      fault: { kind: "oversized-body", bytes: 16 * MIB + 1, chunked },
      nature: UNUSABLE,
      on: LONG,
    },
  ]),
  { title: "malformed JSON", fault: { kind: "malformed-json" }, nature: UNUSABLE },
  { title: "gzip", fault: { kind: "gzip" }, nature: UNUSABLE },
  { title: "a gzip bomb", fault: { kind: "gzip-bomb" }, nature: UNUSABLE },
  {
    title: "a small gzip bomb",
    fault: { kind: "gzip-bomb", bytes: 2 * MIB },
    nature: UNUSABLE,
  },
  { title: "another content type", fault: { kind: "wrong-content-type" }, nature: HARMLESS },
  {
    title: "the content type of a page",
    fault: { kind: "wrong-content-type", contentType: "text/html; charset=utf-8" },
    nature: HARMLESS,
  },
  { title: "properties in the other case", fault: { kind: "wrong-case" }, nature: HARMLESS },
  { title: "a property more", fault: { kind: "extra-field" }, nature: HARMLESS },
  {
    title: "a property more that is named like one of every object's",
    fault: { kind: "extra-field", field: "toString" },
    nature: HARMLESS,
  },
  lackingField("signingPolicies", UNUSABLE, ["MySigningPolicies"]),
  lackingField("keyType", HARMLESS, ["MySigningPolicies"]),
  lackingField("signature", UNUSABLE, SIGNING),
  lackingField("hashSigningResult", UNUSABLE, ["SignHash"]),
  lackingField("hashSigningData", HARMLESS, ["SignHash"]),
  lackingField("webLink", HARMLESS, ["SignHash", ...SUBMISSIONS]),
  lackingField("signingRequestId", HARMLESS, ["SignHash", ...SUBMISSIONS]),
  lackingField("status", UNUSABLE, STATES),
  lackingField("isFinalStatus", HARMLESS, STATES),
  {
    title: "an echo of another hash",
    fault: { kind: "foreign-echo", field: "hash" },
    nature: UNUSABLE,
    on: SIGNING,
  },
  {
    title: "an echo of another algorithm",
    fault: { kind: "foreign-echo", field: "algorithm" },
    nature: UNUSABLE,
    on: REPEATING,
  },
  {
    title: "an echo of another OID",
    fault: { kind: "foreign-echo", field: "oid" },
    nature: UNUSABLE,
    on: REPEATING,
  },
  {
    title: "a certificate that is none",
    fault: { kind: "garbage-certificate" },
    nature: HARMLESS,
    on: ["MySigningPolicies"],
  },
];
