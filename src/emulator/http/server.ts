import type { RequestListener } from "node:http";
import { createServer } from "node:http";
import type { AddressInfo, Server, Socket } from "node:net";
import { BlockList } from "node:net";
import { reset } from "./reset.js";
import type { TlsServers } from "./tls.js";
import { tlsListener } from "./tls.js";

/** An HTTP server on a loopback address. */
export interface HttpServer {
  readonly origin: string;
  /** TCP connections accepted so far. */
  readonly connections: () => number;
  /** What answers from now on. */
  answer(listener: RequestListener): void;
  /** Resets every connection and closes the port, and opens it again after so many milliseconds. */
  refuse(ms: number): void;
  /** Ends every connection, busy or idle, and stops listening. */
  close(): Promise<void>;
}

/** Longer than any client keeps an idle connection: a server that hangs up first makes a POST fail. */
export const KEEP_ALIVE_MS = 120_000;
/** Until the port is tried again that somebody else has taken meanwhile. */
const REOPEN_MS = 50;

const LOOPBACK = new BlockList();
LOOPBACK.addSubnet("127.0.0.0", 8, "ipv4");
LOOPBACK.addAddress("::1", "ipv6");

/** Whether a host is this machine, and only reachable from it. */
export function isLoopback(host: string): boolean {
  if (host.toLowerCase() === "localhost") return true;
  return LOOPBACK.check(host, host.includes(":") ? "ipv6" : "ipv4");
}

/** Listens, with TLS where there are servers for that. */
export async function listen(host: string, port: number, tls?: TlsServers): Promise<HttpServer> {
  let onRequest: RequestListener = (_request, response) => response.destroy();
  const options = { keepAliveTimeout: KEEP_ALIVE_MS };
  const relay: RequestListener = (request, response) => onRequest(request, response);
  const server: Server = tls === undefined ? createServer(options, relay) : tlsListener(tls, options, relay);
  const sockets = new Set<Socket>();
  let connections = 0;
  server.on("connection", (socket: Socket) => {
    connections++;
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, host, () => {
      server.off("error", reject);
      resolve();
    });
  });
  const address = server.address() as AddressInfo;

  let reopening: NodeJS.Timeout | undefined;
  let closed = false;
  const reopenIn = (ms: number): void => {
    clearTimeout(reopening);
    reopening = setTimeout(() => server.listen(address.port, address.address), ms);
  };
  // Only opening it again can fail from here on.
  server.on("error", () => {
    if (!closed) reopenIn(REOPEN_MS);
  });
  const close = (): Promise<void> =>
    new Promise((resolve) => {
      closed = true;
      clearTimeout(reopening);
      server.close(() => resolve());
      for (const socket of sockets) socket.destroy();
    });
  // A resolver may have its own idea of localhost.
  if (!isLoopback(address.address)) {
    await close();
    throw new Error(`'${host}' is ${address.address}, which is not a loopback address.`);
  }
  const name = host.includes(":") ? `[${host}]` : host;
  return {
    origin: `${tls === undefined ? "http" : "https"}://${name}:${address.port}`,
    connections: () => connections,
    answer(listener) {
      onRequest = listener;
    },
    refuse(ms) {
      if (closed) return;
      server.close();
      for (const socket of sockets) reset(socket);
      reopenIn(ms);
    },
    close,
  };
}
