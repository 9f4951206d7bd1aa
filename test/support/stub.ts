import type {
  IncomingHttpHeaders,
  IncomingMessage,
  RequestListener,
  Server,
  ServerResponse,
} from "node:http";
import { createServer } from "node:http";
import { createServer as createSecureServer } from "node:https";
import type { AddressInfo } from "node:net";
import type { TlsOptions } from "node:tls";
import { onTestFinished } from "vitest";

/** A request as the stub received it. */
export interface StubRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
  /** Number of the connection that it came over, from 1. */
  readonly connection: number;
  /** Milliseconds of `performance.now()`. */
  readonly at: number;
}

/** What the stub answers; a body that is neither text nor bytes is sent as JSON. */
export interface StubAnswer {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string | readonly string[]>>;
  readonly body?: unknown;
}

/** Gives an answer, or `undefined` where it has done, or never will do, something with the response itself. */
export type Responder = (
  request: StubRequest,
  response: ServerResponse,
  index: number,
) => StubAnswer | undefined | Promise<StubAnswer | undefined>;

/** A server on loopback that answers as a test says, and remembers what it was asked. */
export interface Stub {
  readonly origin: string;
  readonly port: number;
  readonly host: string;
  readonly requests: readonly StubRequest[];
  /** Connections accepted since the start. */
  readonly connections: number;
  /** Connections that are open now. */
  readonly open: () => Promise<number>;
  readonly server: Server;
}

/** Starts a stub; it ends with the test. */
export async function startStub(respond: Responder, tls?: TlsOptions): Promise<Stub> {
  const requests: StubRequest[] = [];
  const numbers = new WeakMap<object, number>();
  let connections = 0;
  const listener: RequestListener = async (incoming, response) => {
    const body = await bodyOf(incoming);
    const { method = "", url: path = "", headers, socket } = incoming;
    const connection = numbers.get(socket) ?? 0;
    const request = { method, path, headers, body, connection, at: performance.now() };
    const index = requests.push(request) - 1;
    const answer = await respond(request, response, index);
    if (answer !== undefined) write(response, answer);
  };
  const server = tls === undefined ? createServer(listener) : createSecureServer(tls, listener);
  server.keepAliveTimeout = 60_000;
  server.on(tls === undefined ? "connection" : "secureConnection", (socket: object) => {
    numbers.set(socket, ++connections);
  });
  // What goes wrong with a client's connection is the client's part of the test.
  server.on("tlsClientError", () => undefined);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    return new Promise<void>((resolve) => server.close(() => resolve()));
  });
  const { port } = server.address() as AddressInfo;
  return {
    origin: `${tls === undefined ? "http" : "https"}://127.0.0.1:${port}`,
    host: `127.0.0.1:${port}`,
    port,
    requests,
    get connections() {
      return connections;
    },
    open: () =>
      new Promise((resolve, reject) =>
        server.getConnections((error, count) => (error ? reject(error) : resolve(count))),
      ),
    server,
  };
}

async function bodyOf(incoming: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  try {
    for await (const chunk of incoming) chunks.push(chunk as Buffer);
  } catch {
    // The client went away.
  }
  return Buffer.concat(chunks);
}

function write(response: ServerResponse, { status = 200, headers = {}, body = "" }: StubAnswer): void {
  const isRaw = typeof body === "string" || body instanceof Uint8Array;
  response.writeHead(status, { ...(!isRaw && { "content-type": "application/json" }), ...copy(headers) });
  response.end(isRaw ? body : JSON.stringify(body));
}

function copy(headers: NonNullable<StubAnswer["headers"]>): Record<string, string | string[]> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name, typeof value === "string" ? value : [...value]]),
  );
}
