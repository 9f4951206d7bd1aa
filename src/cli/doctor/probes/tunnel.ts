import type { ClientRequest, IncomingMessage, RequestOptions } from "node:http";
import { request as requestByHttp } from "node:http";
import type { Duplex } from "node:stream";
import { secureContextOf } from "../../../api/transport/dispatcher.js";
import type { ProxyConfig, TlsConfig } from "../../../config/config.js";

/** What a proxy answered to `CONNECT`. */
export interface Tunnel {
  readonly status: number;
  /** To the target, where the status is one of success. */
  readonly socket: Duplex;
}

/** `host:port` with the port that the scheme stands for where there is none. */
export function authorityOf({ hostname, port, protocol }: URL): string {
  return `${hostname}:${port || (protocol === "https:" ? 443 : 80)}`;
}

/** Asks a proxy for a tunnel, as each request to the API does. Nothing is sent through it, and no API token to the proxy. */
export async function openTunnel(
  { url, authorization }: ProxyConfig,
  target: URL,
  tls: TlsConfig,
  ended: AbortSignal,
): Promise<Tunnel> {
  const proxy = new URL(url);
  const host = authorityOf(target);
  const options: RequestOptions = {
    method: "CONNECT",
    host: proxy.hostname.replace(/^\[|\]$/g, ""),
    port: Number(authorityOf(proxy).split(":").at(-1)),
    path: host,
    headers: { host, ...(authorization !== undefined && { "proxy-authorization": authorization }) },
    agent: false,
    signal: ended,
  };
  const request = await send(proxy.protocol, options, tls);
  return new Promise((resolve, reject) => {
    request.once("connect", ({ statusCode: status = 0 }: IncomingMessage, socket: Duplex) => {
      // Whoever takes it listens; until then a reset is no reason to end the process.
      socket.on("error", () => undefined);
      resolve({ status, socket });
    });
    request.once("error", reject);
    request.end();
  });
}

async function send(protocol: string, options: RequestOptions, tls: TlsConfig): Promise<ClientRequest> {
  if (protocol === "http:") return requestByHttp(options);
  const { request } = await import("node:https");
  const secureContext = secureContextOf(tls);
  return request({ ...options, ...(secureContext !== undefined && { secureContext }) });
}
