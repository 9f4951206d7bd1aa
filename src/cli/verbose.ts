import { subscribe } from "node:diagnostics_channel";
import { TLSSocket } from "node:tls";
import { inspectConfig } from "../config/inspect.js";
import type { SettingValues } from "../config/settings.js";
import type { SignEvent } from "../policy/telemetry.js";
import { duration } from "./shell/duration.js";
import type { Output } from "./shell/output.js";
import { visible } from "./shell/output.js";

/** Tells of the settings and where they came from, and from then on of connections and of signatures. Nothing of it is secret. */
export function tellSteps(output: Output, configFile: string | undefined): void {
  output.talk(...settingsLines(configFile));
  subscribe("undici:client:connected", (message) => output.talk(connectionLine(message as Connected)));
  subscribe("signpath:sign", (message) => output.talk(signLine(message as SignEvent)));
}

function settingsLines(configFile: string | undefined): string[] {
  const { config, apiUrl, file, found, proxyPlace } = inspectConfig({ configFile });
  const { organizationId, route, proxy, retry, maxConcurrency, projectSlug, signingPolicySlug } = config;
  const places = new Map(found.map(({ setting, place }) => [setting, place]));
  const shown: [keyof SettingValues, string][] = [
    ["apiUrl", apiUrl.href],
    ["organizationId", organizationId],
    ["apiToken", "set"],
    ["projectSlug", projectSlug ?? "none"],
    ["signingPolicySlug", signingPolicySlug ?? "none"],
    ["route", route],
    ["requestTimeoutMs", duration(retry.requestTimeoutMs)],
    ["totalTimeoutMs", duration(retry.totalTimeoutMs)],
    ["maxConcurrency", String(maxConcurrency)],
  ];
  return [
    ...(file === undefined ? [] : [`configuration file: ${visible(file.path)}`]),
    ...shown.map(([name, value]) => visible(`${name}: ${value} (${places.get(name) ?? "default"})`)),
    `proxy: ${proxy === undefined ? "none" : visible(`${proxy.url} (${proxyPlace})`)}`,
  ];
}

interface Connected {
  readonly connectParams: { readonly host: string; readonly protocol: string };
  readonly socket: unknown;
}

/** Requests after it use it again, until there is another one. */
function connectionLine({ connectParams, socket }: Connected): string {
  const { host, protocol } = connectParams;
  const isTls = socket instanceof TLSSocket;
  const how = isTls ? `, ${socket.getProtocol() ?? "TLS"}, ${socket.getCipher().name}` : "";
  return `new connection: ${visible(`${protocol}//${host}`)}${how}`;
}

function signLine(event: SignEvent): string {
  if (event.type === "rotation") return `the certificate of ${visible(event.policy)} was replaced`;
  const { policy, algorithm, hash, verified, attempts, elapsedMs, signingRequestId: id } = event;
  const request = id === undefined ? "" : `, signing request ${visible(id)}`;
  const check = verified ? "verified" : "not verified";
  const requests = attempts === 1 ? "1 attempt" : `${attempts} attempts`;
  return `signature of ${visible(policy)}: ${algorithm}, ${hash}, ${check}, ${requests}, ${duration(elapsedMs)}${request}`;
}
