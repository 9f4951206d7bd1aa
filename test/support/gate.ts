import { once } from "node:events";
import type { AddressInfo, Socket } from "node:net";
import { connect, createServer } from "node:net";
import { onTestFinished } from "vitest";

/** Passes connections on to a port, whatever is spoken over them, until it is told otherwise. */
export interface Gate {
  readonly port: number;
  /** Ends all connections; when it resolves, the clients have ended theirs as well. */
  hangUp(): Promise<void>;
  /** Hangs up, and refuses new connections. */
  shut(): Promise<void>;
  /** Takes new connections again, at the same port. */
  open(): Promise<void>;
}

/** Starts a gate on loopback; it ends with the test. */
export async function startGate(port: number): Promise<Gate> {
  const inner = new Set<Socket>();
  const outer = new Set<Socket>();
  const track = (sockets: Set<Socket>, socket: Socket): void => {
    sockets.add(socket);
    socket.on("error", () => undefined);
    socket.on("close", () => sockets.delete(socket));
  };
  const server = createServer((socket) => {
    const upstream = connect(port, "127.0.0.1");
    track(outer, socket);
    track(inner, upstream);
    socket.pipe(upstream).pipe(socket);
    socket.on("close", () => upstream.destroy());
    upstream.on("close", () => socket.destroy());
  });
  const listen = async (at: number): Promise<void> => {
    server.listen(at, "127.0.0.1");
    await once(server, "listening");
  };
  await listen(0);
  const { port: own } = server.address() as AddressInfo;
  onTestFinished(() => {
    for (const socket of [...inner, ...outer]) socket.destroy();
    server.close();
  });
  const hangUp = async (): Promise<void> => {
    await Promise.all(
      [...outer].map((socket) => {
        const closed = once(socket, "close");
        socket.end();
        return closed;
      }),
    );
  };
  return {
    port: own,
    hangUp,
    async shut() {
      server.close();
      await hangUp();
    },
    open: () => listen(own),
  };
}

/** Waits until a port of this machine takes connections. */
export async function reachable(port: number): Promise<void> {
  for (;;) {
    const socket = connect(port, "127.0.0.1");
    const closed = once(socket, "close");
    const isOpen = await once(socket, "connect").then(
      () => true,
      () => false,
    );
    socket.destroy();
    await closed.catch(() => undefined);
    if (isOpen) return;
  }
}
