import type { Server } from "node:http";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { BlockList } from "node:net";

/** An HTTP server on a loopback address. */
export interface HttpServer {
  readonly origin: string;
  readonly server: Server;
  /** TCP connections accepted so far. */
  readonly connections: () => number;
  /** Ends every connection, busy or idle, and stops listening. */
  close(): Promise<void>;
}

/** Longer than any client keeps an idle connection: a server that hangs up first makes a POST fail. */
const KEEP_ALIVE_MS = 120_000;

const LOOPBACK = new BlockList();
LOOPBACK.addSubnet("127.0.0.0", 8, "ipv4");
LOOPBACK.addAddress("::1", "ipv6");

/** Whether a host is this machine, and only reachable from it. */
export function isLoopback(host: string): boolean {
  if (host.toLowerCase() === "localhost") return true;
  return LOOPBACK.check(host, host.includes(":") ? "ipv6" : "ipv4");
}

/** Listens; the returned server has no listener for requests yet. */
export async function listen(host: string, port: number): Promise<HttpServer> {
  const server = createServer({ keepAliveTimeout: KEEP_ALIVE_MS });
  let connections = 0;
  server.on("connection", () => connections++);
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, host, () => {
      server.off("error", reject);
      resolve();
    });
  });
  const close = (): Promise<void> =>
    new Promise((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  const address = server.address() as AddressInfo;
  // A resolver may have its own idea of localhost.
  if (!isLoopback(address.address)) {
    await close();
    throw new Error(`'${host}' is ${address.address}, which is not a loopback address.`);
  }
  const name = host.includes(":") ? `[${host}]` : host;
  return { origin: `http://${name}:${address.port}`, server, connections: () => connections, close };
}
