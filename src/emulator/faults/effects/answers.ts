import { gzipSync } from "node:zlib";
import { HASHES } from "../../../wire/signing.js";
import type { Reply } from "../../http/reply.js";
import { bytesOf } from "../../http/reply.js";
import type { JsonObject } from "../../json.js";
import { isObject } from "../../json.js";
import type { EffectTable } from "../effect.js";
import { header } from "../effect.js";
import type { AnswerFault, FaultOf, SignatureEncoding } from "../fault.js";
import { SIGNING_ROUTES } from "./signatures.js";

type Properties = readonly (readonly [name: string, value: unknown])[];

/** Faults in what the answer says. */
export const ANSWERS: Pick<EffectTable, AnswerFault["kind"]> = {
  "malformed-json": () => ({ alter: (reply) => withBytes(reply, bytesOf(reply).subarray(0, -1)) }),

  gzip: () => ({
    alter: (reply) => withBytes(reply, gzipSync(bytesOf(reply)), { "Content-Encoding": "gzip" }),
  }),

  "wrong-content-type"({ contentType = "text/plain" }) {
    const headers = { "Content-Type": header("Content-Type", "contentType", contentType) };
    return { alter: (reply) => withBytes(reply, bytesOf(reply), headers) };
  },

  "wrong-case": () => ({
    alter: (reply) =>
      alterObjects(reply, (properties) => properties.map(([name, value]) => [otherCase(name), value])),
  }),

  "missing-field"({ field }) {
    const missing = fieldName(field).toLowerCase();
    return {
      alter: (reply) =>
        alterObjects(reply, (properties) => properties.filter(([name]) => name.toLowerCase() !== missing)),
    };
  },

  "extra-field"({ field = "unexpectedField" }) {
    const extra = fieldName(field);
    return { alter: (reply) => alterObjects(reply, (properties) => [...properties, [extra, "unexpected"]]) };
  },

  "foreign-echo": ({ field }) => ({
    alter: (reply) => alterObjects(reply, (properties) => properties.map(FOREIGN[field])),
  }),

  "signature-encoding": ({ encoding }) => ({
    routes: SIGNING_ROUTES,
    alter: (reply) =>
      alterObjects(reply, (properties) =>
        properties.map(([name, value]) =>
          name.toLowerCase() === "signature" && typeof value === "string"
            ? [name, ENCODINGS[encoding](value)]
            : [name, value],
        ),
      ),
  }),

  "garbage-certificate": () => ({
    routes: new Set(["mySigningPolicies"]),
    alter: (reply) =>
      alterObjects(reply, (properties) =>
        properties.map(([name, value]) =>
          name === "certificateBytes"
            ? [name, Buffer.from("not a certificate").toString("base64")]
            : [name, value],
        ),
      ),
  }),
};

const ENCODINGS: Readonly<Record<SignatureEncoding, (base64: string) => string | null>> = {
  base64url: (base64) => Buffer.from(base64, "base64").toString("base64url"),
  unpadded: (base64) => base64.replace(/=+$/, ""),
  hex: (base64) => Buffer.from(base64, "base64").toString("hex"),
  lines: (base64) => base64.replace(/.{64}/g, "$&\r\n"),
  garbage: (base64) => `*${base64.slice(1)}`,
  null: () => null,
};

const FOREIGN: Readonly<
  Record<FaultOf<"foreign-echo">["field"], (property: Properties[number]) => Properties[number]>
> = {
  hash: ([name, value]) => [
    name,
    (name === "Base64EncodedHash" || name === "hash") && typeof value === "string"
      ? otherBytes(value)
      : value,
  ],
  algorithm: ([name, value]) => [
    name,
    name === "SignatureAlgorithm" ? (value === "RsaPkcs1" ? "RsaPss" : "RsaPkcs1") : value,
  ],
  oid: ([name, value]) => [name, name === "RsaHashAlgorithm" ? otherOid(value) : value],
};

function fieldName(field: unknown): string {
  if (typeof field !== "string") throw new TypeError(`field must be a string, not ${String(field)}.`);
  return field;
}

function otherOid(oid: unknown): string {
  return oid === HASHES["SHA-256"].oid ? HASHES["SHA-512"].oid : HASHES["SHA-256"].oid;
}

function otherBytes(base64: string): string {
  const bytes = Buffer.from(base64, "base64");
  bytes[0] = (bytes[0] ?? 0) ^ 0xff;
  return bytes.toString("base64");
}

function otherCase(name: string): string {
  const first = name.charAt(0);
  const upper = first.toUpperCase();
  return (first === upper ? first.toLowerCase() : upper) + name.slice(1);
}

/** The reply with every object in it rebuilt; `undefined` where that changes nothing. */
function alterObjects(reply: Reply, rebuild: (properties: Properties) => Properties): Reply | undefined {
  if (!("json" in reply.body)) return undefined;
  const altered = rebuildIn(reply.body.json, rebuild);
  if (JSON.stringify(altered) === JSON.stringify(reply.body.json)) return undefined;
  return { ...reply, body: { json: altered } };
}

function rebuildIn(value: unknown, rebuild: (properties: Properties) => Properties): unknown {
  if (Array.isArray(value)) return value.map((item) => rebuildIn(item, rebuild));
  if (!isObject(value)) return value;
  const properties = Object.entries(value as JsonObject).map(
    ([name, inner]) => [name, rebuildIn(inner, rebuild)] as const,
  );
  return Object.fromEntries(rebuild(properties));
}

function withBytes(reply: Reply, bytes: Buffer, headers: Readonly<Record<string, string>> = {}): Reply {
  return { status: reply.status, headers: { ...reply.headers, ...headers }, body: { bytes } };
}
