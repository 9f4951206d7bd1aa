import type { AddressInfo, Socket } from "node:net";
import { createServer } from "node:net";
import { onTestFinished } from "vitest";

/** A server below HTTP. */
export interface RawServer {
  readonly origin: string;
  readonly port: number;
  /** Connections accepted since the start. */
  readonly connections: number;
  /** Connections that are open now. */
  readonly open: number;
}

/** Starts a server that does with each connection what a test says; it ends with the test. */
export async function startRaw(connected: (socket: Socket, index: number) => void): Promise<RawServer> {
  let connections = 0;
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => undefined);
    socket.on("close", () => sockets.delete(socket));
    connected(socket, connections++);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  return {
    origin: `http://127.0.0.1:${port}`,
    port,
    get connections() {
      return connections;
    },
    get open() {
      return sockets.size;
    },
  };
}
