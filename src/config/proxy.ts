import { messageOf, SignPathError } from "../base/errors.js";
import type { ProxyConfig } from "./config.js";
import { Unreadable } from "./readers.js";

/** The environment, as `process.env` has it. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** Whether a host name or address is this machine. */
export function isLoopback(host: string): boolean {
  return /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])$/i.test(host);
}

/**
 * An HTTP proxy from `host:port` or an address, which may hold a user name and a password.
 *
 * @throws {Unreadable}
 */
export function parseProxy(value: unknown): ProxyConfig {
  const raw = value instanceof URL ? value.href : value;
  if (typeof raw !== "string") throw new Unreadable("must be host:port or an http:// address");
  const withScheme = /^[a-z][a-z0-9+.-]*:\/\//i.test(raw) ? raw : `http://${raw}`;
  const url = URL.canParse(withScheme) ? new URL(withScheme) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol)) {
    throw new Unreadable("must be host:port or an http:// address");
  }
  const name = decodeURIComponent(url.username);
  const password = decodeURIComponent(url.password);
  url.username = "";
  url.password = "";
  return {
    url: url.href,
    ...(`${name}${password}` !== "" && {
      authorization: `Basic ${Buffer.from(`${name}:${password}`).toString("base64")}`,
    }),
  };
}

const FOR_HTTPS = ["HTTPS_PROXY", "https_proxy", "http_proxy"];
const FOR_HTTP = ["HTTP_PROXY", "http_proxy"];
const PROXY_VARIABLES = [...new Set([...FOR_HTTPS, ...FOR_HTTP, "NO_PROXY", "no_proxy"])];

/** Whether no proxy is for an address: it is this machine, or `NO_PROXY` lists it. */
function goesDirect(target: URL, env: Environment): boolean {
  return isLoopback(target.hostname) || isExempt(target, env["NO_PROXY"] || env["no_proxy"] || "");
}

/**
 * The proxy that the environment names for an address: `HTTPS_PROXY` or `HTTP_PROXY` by its scheme, then
 * `http_proxy`, which SignPath's drivers use for both.
 */
function proxyVariable(target: URL, env: Environment): string | undefined {
  return goesDirect(target, env) ? undefined : variablesFor(target).find((name) => env[name]);
}

function variablesFor({ protocol }: URL): readonly string[] {
  return protocol === "https:" ? FOR_HTTPS : FOR_HTTP;
}

/** A value that names a proxy, and where it stands. */
export interface ProxySource {
  readonly place: string;
  readonly value: unknown;
}

/** Everything that can name a proxy. */
export interface ProxyPlaces {
  readonly option: string | URL | false | undefined;
  readonly env: Environment;
  /** `HttpProxy` of the configuration file. */
  readonly file: ProxySource | undefined;
}

/** What names the proxy for an address: the option, else a variable, else the configuration file. */
export function proxySource(target: URL, { option, env, file }: ProxyPlaces): ProxySource | undefined {
  if (option === false) return undefined;
  if (option !== undefined) return { place: "option proxy", value: option };
  const variable = proxyVariable(target, env);
  if (variable !== undefined) return { place: `variable ${variable}`, value: env[variable] };
  return file === undefined || goesDirect(target, env) ? undefined : file;
}

/**
 * The proxy for an address, which is read when there is one.
 *
 * @throws {SignPathError} `CONFIG_INVALID`
 */
export function proxyFor(address: URL, places: ProxyPlaces): ProxyConfig | undefined {
  const source = proxySource(address, places);
  try {
    return source && parseProxy(source.value);
  } catch (error) {
    // What is no `Unreadable` is a URIError, which quotes nothing.
    const message = `SignPath is not configured: ${source?.place} ${messageOf(error)}`;
    throw new SignPathError("CONFIG_INVALID", message, { stage: "config" });
  }
}

/** A proxy that is named, and is not for an address. */
export interface ProxyExemption {
  readonly place: string;
  /** Why it is not: the address is this machine, or `NO_PROXY` lists it. */
  readonly by: "loopback" | "NO_PROXY";
}

/** The proxy that would be used for an address if it were not exempt. */
export function proxyExemption(target: URL, places: ProxyPlaces): ProxyExemption | undefined {
  const { option, env, file } = places;
  if (option !== undefined || !goesDirect(target, env)) return undefined;
  const variable = variablesFor(target).find((name) => env[name]);
  const place = variable === undefined ? file?.place : `variable ${variable}`;
  return place === undefined
    ? undefined
    : { place, by: isLoopback(target.hostname) ? "loopback" : "NO_PROXY" };
}

/** The variables of the environment that are about proxies, as they are now. */
export function proxyEnvironment(env: Environment): Environment {
  return Object.fromEntries(PROXY_VARIABLES.map((name) => [name, env[name]]));
}

function isExempt(target: URL, list: string): boolean {
  const host = target.hostname.toLowerCase().replace(/^\[|\]$/g, "");
  const port = target.port || (target.protocol === "https:" ? "443" : "80");
  return list
    .toLowerCase()
    .split(/[\s,]+/)
    .some((entry) => entry !== "" && (entry === "*" || isListed(host, port, entry)));
}

/** An entry is a domain, an address, or addresses with a prefix length; each may have a port, IPv6 then in brackets. */
function isListed(host: string, port: string, entry: string): boolean {
  const { isIP, isIPv6 } = process.getBuiltinModule("node:net");
  const isBare = isIPv6(entry.replace(/\/.*/, ""));
  const [, name = entry, entryPort] = (!isBare && /^(.*?)(?::(\d+))?$/.exec(entry)) || [];
  if (entryPort !== undefined && entryPort !== port) return false;
  const place = name.replace(/^\[|\](?=\/|$)/g, "");
  if (isIP(host) !== 0) return isAmong(host, place);
  const suffix = place.replace(/^\*?\./, "");
  return host === suffix || host.endsWith(`.${suffix}`);
}

/** Whether an address is the one, or in the network, that an entry names. */
function isAmong(address: string, entry: string): boolean {
  const { BlockList, isIP } = process.getBuiltinModule("node:net");
  const [network = "", prefix] = entry.split("/");
  const version = isIP(network);
  if (version === 0 || version !== isIP(address)) return false;
  const bits = version === 4 ? 32 : 128;
  const length = prefix === undefined ? bits : /^\d{1,3}$/.test(prefix) ? Number(prefix) : Number.NaN;
  if (!(length <= bits)) return false;
  const family = version === 4 ? "ipv4" : "ipv6";
  const listed = new BlockList();
  listed.addSubnet(network, length, family);
  return listed.check(address, family);
}
