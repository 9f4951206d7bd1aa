import { readFileSync } from "node:fs";
import type { SecureContext } from "node:tls";
import { createSecureContext, rootCertificates } from "node:tls";
import type { buildConnector, Client, Dispatcher, ProxyAgent } from "undici";
import type { Config, TlsConfig } from "../config/config.js";

/** The parts of undici that a connection needs. */
export interface Undici {
  readonly Client: typeof Client;
  readonly ProxyAgent: typeof ProxyAgent;
  readonly buildConnector: typeof buildConnector;
}

/** A function that opens dispatchers of one connection each, to the API's origin, through the proxy if there is one. */
export function dispatcherFactory(undici: Undici, { baseUrl, proxy, retry, tls }: Config): () => Dispatcher {
  // The transport has deadlines of its own, for an attempt as a whole.
  const options = { headersTimeout: 0, bodyTimeout: 0, pipelining: 1, allowH2: false };
  // All connections share the parsed certificates and, through the connector, their TLS sessions.
  const secureContext = secureContextOf(tls);
  const tlsOptions = {
    timeout: retry.requestTimeoutMs,
    ...(secureContext !== undefined && { secureContext }),
  };
  if (proxy === undefined) {
    const connect = undici.buildConnector({ ...tlsOptions, allowH2: false });
    return () => new undici.Client(baseUrl.origin, { ...options, connect });
  }
  return () =>
    new undici.ProxyAgent({
      ...options,
      uri: proxy.url,
      ...(proxy.authorization !== undefined && { token: proxy.authorization }),
      requestTls: tlsOptions,
      proxyTls: tlsOptions,
      connections: 1,
    });
}

/** Node replaces its own authorities by those it is given, so both are given. */
function secureContextOf({ ca, cert, key, pfx, passphrase }: TlsConfig): SecureContext | undefined {
  if ((ca ?? cert ?? pfx) === undefined) return undefined;
  return createSecureContext({
    ...(ca !== undefined && { ca: [...rootCertificates, ...extraAuthorities(), ...ca] }),
    ...(cert !== undefined && { cert }),
    ...(key !== undefined && { key }),
    ...(pfx !== undefined && { pfx }),
    ...(passphrase !== undefined && { passphrase }),
  });
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
