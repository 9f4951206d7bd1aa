import type { IncomingHttpHeaders } from "node:http";
import { createServer } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { connect } from "node:net";
import { onTestFinished } from "vitest";

/** What a client asked the proxy for. */
export interface ProxyRequest {
  readonly method: string;
  readonly target: string;
  readonly headers: IncomingHttpHeaders;
}

/** A proxy for `CONNECT` on loopback. */
export interface TestProxy {
  readonly host: string;
  readonly requests: readonly ProxyRequest[];
  /** Tunnels that are open now. */
  readonly open: number;
}

/**
 * Starts a proxy; it ends with the test.
 *
 * @param answer - the status of an answer to `CONNECT`: 200 opens the tunnel, 0 never answers
 * @param port - where tunnels lead, whatever they are asked for
 */
export async function startProxy(answer: (index: number) => number, port: number): Promise<TestProxy> {
  const requests: ProxyRequest[] = [];
  const sockets = new Set<Socket>();
  const track = (socket: Socket): void => {
    sockets.add(socket);
    socket.on("error", () => undefined);
    socket.on("close", () => sockets.delete(socket));
  };
  const server = createServer(({ method = "", url = "", headers }, response) => {
    requests.push({ method, target: url, headers });
    response.writeHead(500).end();
  });
  server.on("connect", ({ method = "", url = "", headers }, socket: Socket, head) => {
    track(socket);
    const status = answer(requests.push({ method, target: url, headers }) - 1);
    if (status === 0) {
      socket.on("end", () => socket.end());
      socket.resume();
      return;
    }
    if (status !== 200) {
      socket.end(`HTTP/1.1 ${status} No\r\nContent-Length: 0\r\n\r\n`);
      return;
    }
    const upstream = connect(port, "127.0.0.1", () => {
      socket.write("HTTP/1.1 200 Connection established\r\n\r\n");
      upstream.write(head);
      upstream.pipe(socket).pipe(upstream);
    });
    track(upstream);
    socket.on("close", () => upstream.destroy());
    upstream.on("close", () => socket.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.closeAllConnections();
    server.close();
  });
  return {
    host: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    get open() {
      return sockets.size;
    },
  };
}
