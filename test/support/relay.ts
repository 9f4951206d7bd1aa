import type { AddressInfo, Socket } from "node:net";
import { connect, createServer } from "node:net";
import { onTestFinished } from "vitest";

/** Passes connections on, and remembers every byte that the client sent. */
export interface Relay {
  readonly host: string;
  /** What came from the client, over all connections. */
  readonly received: () => string;
  readonly connections: number;
}

/** What becomes of a connection: it is passed on, or reset once the client has sent something. */
export type Fate = "pass" | "reset";

/** Starts a relay on loopback to a port; it ends with the test. */
export async function startRelay(port: number, fate: (index: number) => Fate = () => "pass"): Promise<Relay> {
  const sockets = new Set<Socket>();
  const chunks: Buffer[] = [];
  let connections = 0;
  const track = (socket: Socket): void => {
    sockets.add(socket);
    socket.on("error", () => undefined);
    socket.on("close", () => sockets.delete(socket));
  };
  const server = createServer((socket) => {
    track(socket);
    socket.on("data", (chunk: Buffer) => chunks.push(chunk));
    if (fate(connections++) === "reset") {
      socket.once("data", () => socket.resetAndDestroy());
      return;
    }
    const upstream = connect(port, "127.0.0.1");
    track(upstream);
    socket.pipe(upstream).pipe(socket);
    socket.on("close", () => upstream.destroy());
    upstream.on("close", () => socket.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return {
    host: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    received: () => Buffer.concat(chunks).toString("latin1"),
    get connections() {
      return connections;
    },
  };
}
