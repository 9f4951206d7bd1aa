import type { RequestListener, ServerOptions } from "node:http";
import type { Server as HttpsServer } from "node:https";
import { createServer as createHttpsServer } from "node:https";
import type { Server, Socket } from "node:net";
import { createServer } from "node:net";
import type { TlsFailure } from "../faults/fault.js";
import type { ServerIdentity, WrongIdentity } from "../keys/server-identity.js";
import { reset, standsOn } from "./reset.js";

/** What TLS needs. */
export interface TlsServers {
  readonly identity: ServerIdentity;
  /** The one that a failing handshake shows. */
  wrongIdentity(what: WrongIdentity): Promise<ServerIdentity>;
  /** How the handshake of the next connection fails. */
  nextFailure(): TlsFailure | undefined;
}

type BrokenHandshake = Exclude<TlsFailure, WrongIdentity>;

/** A fatal alert, `handshake_failure` (RFC 8446, section 6). */
const ALERT = Buffer.of(0x15, 0x03, 0x03, 0x00, 0x02, 0x02, 0x28);
const PLAIN_TEXT = "HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";

/** What answers the client's first message. */
const BROKEN: Readonly<Record<BrokenHandshake, (socket: Socket) => void>> = {
  alert: (socket) => socket.end(ALERT),
  "plain-text": (socket) => socket.end(PLAIN_TEXT),
  reset,
};

/**
 * A server that takes TCP connections and hands each to an HTTPS server: to the right one, or to one whose certificate is
 * wrong, or to none.
 */
export function tlsListener(tls: TlsServers, options: ServerOptions, listener: RequestListener): Server {
  const byPort = new Map<number | undefined, Socket>();
  const make = (identity: ServerIdentity): HttpsServer =>
    createHttpsServer({ ...options, ...identity }, listener).on("secureConnection", (secure) => {
      const below = byPort.get(secure.remotePort);
      if (below !== undefined) standsOn(secure, below);
    });
  const right = make(tls.identity);
  const wrong = new Map<WrongIdentity, Promise<HttpsServer>>();
  const wrongServer = (what: WrongIdentity): Promise<HttpsServer> => {
    const made = wrong.get(what) ?? tls.wrongIdentity(what).then(make);
    wrong.set(what, made);
    return made;
  };
  const handOver = (socket: Socket, server: HttpsServer): void => {
    const { remotePort } = socket;
    byPort.set(remotePort, socket);
    socket.once("close", () => byPort.delete(remotePort));
    server.emit("connection", socket);
  };
  return createServer((socket) => {
    socket.on("error", () => undefined);
    const failure = tls.nextFailure();
    if (failure === undefined) handOver(socket, right);
    else if (isBroken(failure)) socket.once("data", () => BROKEN[failure](socket));
    else {
      wrongServer(failure).then(
        (server) => handOver(socket, server),
        () => socket.destroy(),
      );
    }
  });
}

function isBroken(failure: TlsFailure): failure is BrokenHandshake {
  return Object.hasOwn(BROKEN, failure);
}
