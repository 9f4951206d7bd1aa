import { readFileSync } from "node:fs";
import { rootCertificates } from "node:tls";
import type { Client, Dispatcher, ProxyAgent } from "undici";
import type { Config, TlsConfig } from "../config/config.js";

/** The classes of undici that a connection needs. */
export interface Undici {
  readonly Client: typeof Client;
  readonly ProxyAgent: typeof ProxyAgent;
}

type Connect = Client.Options["connect"];

/** A function that opens dispatchers of one connection each, to the API's origin, through the proxy if there is one. */
export function dispatcherFactory({ Client, ProxyAgent }: Undici, config: Config): () => Dispatcher {
  // The transport has deadlines of its own, for an attempt as a whole.
  const timeouts = { headersTimeout: 0, bodyTimeout: 0 };
  const connect: Connect = { ...nodeTls(config.tls), timeout: config.retry.requestTimeoutMs };
  const { proxy } = config;
  if (proxy === undefined) {
    return () => new Client(config.baseUrl.origin, { ...timeouts, connect, pipelining: 1, allowH2: false });
  }
  return () =>
    new ProxyAgent({
      ...timeouts,
      uri: proxy.url,
      ...(proxy.authorization !== undefined && { token: proxy.authorization }),
      requestTls: connect,
      proxyTls: connect,
      connections: 1,
      pipelining: 1,
      allowH2: false,
    });
}

/** Node replaces its own authorities by those it is given, so both are given. */
function nodeTls({ ca, cert, key, pfx, passphrase }: TlsConfig): Record<string, unknown> {
  return {
    ...(ca !== undefined && { ca: [...rootCertificates, ...extraAuthorities(), ...ca] }),
    ...(cert !== undefined && { cert }),
    ...(key !== undefined && { key }),
    ...(pfx !== undefined && { pfx }),
    ...(passphrase !== undefined && { passphrase }),
  };
}

/** What `NODE_EXTRA_CA_CERTS` adds to Node's authorities; Node itself ignores a file that it cannot read. */
function extraAuthorities(): string[] {
  const path = process.env["NODE_EXTRA_CA_CERTS"];
  if (!path) return [];
  try {
    return [readFileSync(path, "utf8")];
  } catch {
    return [];
  }
}
