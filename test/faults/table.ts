import type { Socket } from "node:net";
import type { Fault } from "../../src/emulator/index.js";
import type { Nature } from "./expectations.js";
import type { RouteTitle, Signer } from "./routes.js";
import { EC, PSS } from "./routes.js";

/** A fault, where it can happen, and what it is to the client. */
export interface Row {
  readonly title: string;
  /** A fault of the emulator, or what is done with the connection in place of an answer. */
  readonly fault: Fault | ((elsewhere: string) => Fault) | { readonly raw: (socket: Socket) => void };
  readonly nature: Nature;
  /** The routes where it can happen; all of them unless it says so. */
  readonly on?: readonly RouteTitle[];
  /** What signs; RSASSA-PKCS1-v1_5 unless it says so. */
  readonly signer?: Signer;
  /** Whether it shows only after some time. */
  readonly isSlow?: boolean;
}

const MIB = 1024 * 1024;
/** The routes whose answer carries a signature. */
const SIGNING: readonly RouteTitle[] = ["fast signing request", "SignHash", "SignedArtifact"];
/** Those of them whose answer repeats the payload. */
const REPEATING: readonly RouteTitle[] = ["fast signing request", "SignedArtifact"];
const STATES: readonly RouteTitle[] = ["Status", "long form"];
const SUBMISSIONS: readonly RouteTitle[] = ["submission", "SubmitWithArtifact"];
/** The routes whose answer is capped at 16 MiB in place of 1 MiB. */
const LONG: readonly RouteTitle[] = ["MySigningPolicies", "SignedArtifact"];
const SHORT: readonly RouteTitle[] = ["fast signing request", "SignHash", ...SUBMISSIONS, ...STATES];

const HARMLESS: Nature = { is: "harmless" };
const UNUSABLE: Nature = { is: "lasting", code: "INVALID_RESPONSE" };
const WRONG: Nature = { is: "lasting", code: "SIGNATURE_INVALID" };
const BROKEN: Nature = { is: "passing", code: "CONNECTION_FAILED", mayHaveSigned: true };
const LATE: Nature = { is: "passing", code: "TIMEOUT", mayHaveSigned: true };

function refused(code: "AUTHENTICATION_FAILED" | "FORBIDDEN" | "REQUEST_REJECTED", status: number): Row {
  return {
    title: `status ${status}`,
    fault: { kind: "status", status },
    nature: { is: "lasting", code, status },
  };
}

function lacking(status: number): Row {
  return { title: `status ${status}`, fault: { kind: "status", status }, nature: { is: "no-route", status } };
}

/** @param mayHaveSigned - false for what a server says before it does anything */
function busy(status: number, mayHaveSigned: boolean, body: "problem" | "html" | "text" | "empty"): Row {
  const code = status === 429 ? "THROTTLED" : "SERVICE_UNAVAILABLE";
  return {
    title: `status ${status} with a body that is ${body}`,
    fault: { kind: "status", status, body },
    nature: { is: "passing", code, status, mayHaveSigned },
  };
}

function pause(status: number, retryAfter: string, pausePastDeadline: boolean): Row {
  const code = status === 429 ? "THROTTLED" : "SERVICE_UNAVAILABLE";
  return {
    title: `status ${status} with Retry-After ${retryAfter}`,
    fault: { kind: "status", status, retryAfter },
    nature: { is: "passing", code, status, mayHaveSigned: false, pausePastDeadline },
  };
}

function redirect(status: 301 | 302 | 303 | 307 | 308): Row {
  return {
    title: `redirect with status ${status}`,
    fault: (elsewhere) => ({ kind: "redirect", status, location: `${elsewhere}/Api/v1/x/SigningRequests` }),
    nature: { is: "lasting", code: "INVALID_RESPONSE", status },
  };
}

function raw(title: string, act: (socket: Socket) => void, nature: Nature): Row {
  return { title, fault: { raw: act }, nature };
}

function lackingField(field: string, nature: Nature, on: readonly RouteTitle[]): Row {
  return { title: `answer without ${field}`, fault: { kind: "missing-field", field }, nature, on };
}

/** Every fault that a client can meet. */
export const ROWS: readonly Row[] = [
  { title: "latency", fault: { kind: "latency", ms: 20 }, nature: HARMLESS },
  refused("REQUEST_REJECTED", 400),
  refused("AUTHENTICATION_FAILED", 401),
  refused("REQUEST_REJECTED", 402),
  refused("FORBIDDEN", 403),
  lacking(404),
  lacking(405),
  lacking(410),
  refused("REQUEST_REJECTED", 409),
  refused("REQUEST_REJECTED", 413),
  refused("REQUEST_REJECTED", 415),
  refused("REQUEST_REJECTED", 422),
  refused("REQUEST_REJECTED", 451),
  busy(408, false, "empty"),
  busy(429, false, "problem"),
  busy(500, true, "text"),
  busy(502, true, "html"),
  busy(503, false, "html"),
  busy(504, true, "empty"),
  busy(599, true, "problem"),
  pause(429, "0", false),
  pause(429, "3600", true),
  pause(503, "Fri, 01 Jan 2100 00:00:00 GMT", true),
  redirect(301),
  redirect(302),
  redirect(303),
  redirect(307),
  redirect(308),
  { title: "an HTML page", fault: { kind: "html" }, nature: UNUSABLE },
  {
    title: "status 200 and nothing",
    fault: { kind: "status", status: 200, body: "empty" },
    nature: UNUSABLE,
  },
  { title: "status 204", fault: { kind: "status", status: 204, body: "empty" }, nature: UNUSABLE },
  { title: "silence", fault: { kind: "silence" }, nature: LATE, isSlow: true },
  { title: "a slow body", fault: { kind: "slow-body", bytesPerSecond: 50 }, nature: LATE, isSlow: true },
  { title: "a reset before the handling", fault: { kind: "reset", when: "before" }, nature: BROKEN },
  { title: "a reset in the headers", fault: { kind: "reset", when: "headers" }, nature: BROKEN },
  { title: "a reset in the body", fault: { kind: "reset", when: "body" }, nature: BROKEN },
  { title: "a reset after the answer", fault: { kind: "reset", when: "after" }, nature: HARMLESS },
  { title: "a truncated body", fault: { kind: "truncated-body" }, nature: BROKEN },
  raw("no answer before the connection closes", (socket) => socket.end(), BROKEN),
  raw("another protocol", (socket) => socket.end("220 mail.example ESMTP\r\n"), BROKEN),
  raw(
    "headers without an end",
    (socket) => endless(socket, "HTTP/1.1 200 OK\r\nX-A: ", "a".repeat(4096)),
    BROKEN,
  ),
  raw(
    "a chunk that is none",
    (socket) => socket.end("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n0\r\n\r\n"),
    BROKEN,
  ),
  raw(
    "an upgrade that was not asked for",
    (socket) => socket.end("HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n"),
    BROKEN,
  ),
  raw(
    "two lengths",
    (socket) => socket.end("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{} "),
    BROKEN,
  ),
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
  raw(
    "a body without an end",
    (socket) => {
      const line = `1000\r\n${" ".repeat(0x1000)}\r\n`;
      endless(socket, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", line);
    },
    UNUSABLE,
  ),
  { title: "malformed JSON", fault: { kind: "malformed-json" }, nature: UNUSABLE },
  { title: "gzip", fault: { kind: "gzip" }, nature: UNUSABLE },
  { title: "another content type", fault: { kind: "wrong-content-type" }, nature: HARMLESS },
  { title: "properties in the other case", fault: { kind: "wrong-case" }, nature: HARMLESS },
  { title: "a property more", fault: { kind: "extra-field" }, nature: HARMLESS },
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
  { title: "another key's signature", fault: { kind: "other-key" }, nature: WRONG, on: SIGNING },
  { title: "another hash's signature", fault: { kind: "other-hash" }, nature: WRONG, on: SIGNING },
  { title: "another padding", fault: { kind: "other-padding" }, nature: WRONG, on: SIGNING },
  {
    title: "another salt length",
    fault: { kind: "other-salt-length", saltLength: 20 },
    nature: WRONG,
    on: SIGNING,
    signer: PSS,
  },
  {
    title: "a signature as ASN.1",
    fault: { kind: "der-signature" },
    nature: HARMLESS,
    on: SIGNING,
    signer: EC,
  },
  {
    title: "a certificate that is none",
    fault: { kind: "garbage-certificate" },
    nature: HARMLESS,
    on: ["MySigningPolicies"],
  },
  { title: "a truncated signature", fault: { kind: "truncated-signature" }, nature: WRONG, on: SIGNING },
  { title: "a signature of zeros", fault: { kind: "zero-signature" }, nature: WRONG, on: SIGNING },
];

/** Writes for as long as somebody reads. */
function endless(socket: Socket, start: string, more: string): void {
  socket.write(start);
  const pump = (): void => {
    while (!socket.destroyed && socket.write(more));
  };
  socket.on("drain", pump);
  pump();
}
