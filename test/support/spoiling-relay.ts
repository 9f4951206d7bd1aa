import type { AddressInfo, Socket } from "node:net";
import { connect, createServer } from "node:net";
import { onTestFinished } from "vitest";

/** Hands bytes on to a server, but for the requests that it is told to spoil. */
export interface SpoilingRelay {
  readonly origin: string;
  readonly port: number;
  /** Requests that were spoilt. */
  readonly spoilt: number;
  /** From now on so many requests are spoilt. */
  order(count: number): void;
}

/**
 * Starts a relay to a port of this machine; it ends with the test.
 *
 * @param isMeant - whether a request is to be spoilt, by its first line
 * @param spoil - what is done with the connection in place of handing the request on
 */
export async function startSpoilingRelay(
  port: number,
  isMeant: RegExp,
  spoil: (socket: Socket) => void,
): Promise<SpoilingRelay> {
  let spoilt = 0;
  let ordered = 0;
  const sockets = new Set<Socket>();
  const track = (socket: Socket): void => {
    sockets.add(socket);
    socket.on("error", () => undefined);
    socket.on("close", () => sockets.delete(socket));
  };
  const server = createServer((socket) => {
    const upstream = connect(port, "127.0.0.1");
    track(socket);
    track(upstream);
    let isOver = false;
    socket.on("data", (chunk: Buffer) => {
      if (isOver) return;
      if (spoilt < ordered && isMeant.test(chunk.toString("latin1", 0, 256))) {
        spoilt++;
        isOver = true;
        upstream.destroy();
        spoil(socket);
      } else {
        upstream.write(chunk);
      }
    });
    upstream.on("data", (chunk: Buffer) => void socket.write(chunk));
    socket.on("close", () => upstream.destroy());
    upstream.on("close", () => {
      if (!isOver) socket.destroy();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address() as AddressInfo;
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return {
    origin: `http://127.0.0.1:${address.port}`,
    port: address.port,
    get spoilt() {
      return spoilt;
    },
    order(count) {
      ordered = spoilt + count;
    },
  };
}
