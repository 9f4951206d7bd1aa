import { subscribe } from "node:diagnostics_channel";
import { debuglog } from "node:util";
import type { RequestEvent } from "./api/transport/telemetry.js";
import type { SignEvent } from "./policy/telemetry.js";

const log = debuglog("signpath");

/** Prints every event to stderr where `NODE_DEBUG` names `signpath`; see `util.debuglog` of Node. */
export function logEvents(): void {
  if (!log.enabled) return;
  subscribe("signpath:request", (message) => log("%s", requestLine(message as RequestEvent)));
  subscribe("signpath:sign", (message) => log("%s", signLine(message as SignEvent)));
}

function requestLine(event: RequestEvent): string {
  const { call, what, signingRequestId, elapsedMs, type, ...rest } = event;
  const about = signingRequestId === undefined ? what : `${what} ${signingRequestId}`;
  return `call ${call}, ${ms(elapsedMs)}: ${type}, ${about}${members(rest)}`;
}

function signLine({ type, policy, ...rest }: SignEvent): string {
  return `${type}, ${policy}${members(rest)}`;
}

function members(rest: Readonly<Record<string, unknown>>): string {
  return Object.entries(rest)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `, ${name} ${name.endsWith("Ms") ? ms(Number(value)) : String(value)}`)
    .join("");
}

function ms(value: number): string {
  return `${value.toFixed(1)} ms`;
}
