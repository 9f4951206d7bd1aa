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
    ...(name !== "" && { authorization: `Basic ${Buffer.from(`${name}:${password}`).toString("base64")}` }),
  };
}

/** Whether no proxy is for an address: it is this machine, or `NO_PROXY` lists it. */
export function goesDirect(target: URL, env: Environment): boolean {
  return isLoopback(target.hostname) || isExempt(target, env["NO_PROXY"] || env["no_proxy"] || "");
}

/**
 * The proxy that the environment names for an address: `HTTPS_PROXY` or `HTTP_PROXY` by its scheme, then
 * `http_proxy`, which SignPath's drivers use for both.
 */
export function proxyVariable(target: URL, env: Environment): string | undefined {
  if (goesDirect(target, env)) return undefined;
  const names =
    target.protocol === "https:"
      ? ["HTTPS_PROXY", "https_proxy", "http_proxy"]
      : ["HTTP_PROXY", "http_proxy"];
  return names.find((name) => env[name]);
}

function isExempt(target: URL, list: string): boolean {
  const host = target.hostname.toLowerCase();
  const port = target.port || (target.protocol === "https:" ? "443" : "80");
  return list
    .toLowerCase()
    .split(/[\s,]+/)
    .some((entry) => {
      if (entry === "") return false;
      if (entry === "*") return true;
      const [, name = entry, entryPort] = /^(.*?)(?::(\d+))?$/.exec(entry) ?? [];
      if (entryPort !== undefined && entryPort !== port) return false;
      const suffix = name.replace(/^\*?\./, "");
      return host === suffix || host.endsWith(`.${suffix}`);
    });
}
