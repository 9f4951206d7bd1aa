import { readFileSync } from "node:fs";
import type { LookupFunction, OnReadOpts, Socket } from "node:net";
import type { SecureContext } from "node:tls";
import type { buildConnector, Client, Dispatcher, ProxyAgent } from "undici";
import { Slab } from "../../base/slab.js";
import type { ProxyConfig, TlsConfig } from "../../config/config.js";
import type { Undici } from "./undici.js";
import { loadClient, loadUndici } from "./undici.js";

/** What a lane needs of a dispatcher. */
export type Connection = Pick<Dispatcher, "dispatch"> & { readonly destroy: () => Promise<void> };

/** Where connections lead, and how. */
export interface ConnectionSettings {
  readonly origin: string;
  readonly proxy: ProxyConfig | undefined;
  readonly tls: TlsConfig;
  /** The longest time that a connection may take to be made. */
  readonly connectTimeoutMs: number;
  /** In place of Node's `dns.lookup`; a proxy looks names up itself. */
  readonly lookup: LookupFunction | undefined;
}

/**
 * How sockets are read: all into the same memory, from which each piece is copied at once. Left alone, Node takes 64 KiB
 * for each piece and gives most of it back, which costs more than the copy.
 */
const READING: OnReadOpts = {
  buffer: Buffer.allocUnsafeSlow(64 * 1024),
  callback(this: Socket, length, buffer) {
    return this.push(pieces.copy(buffer.subarray(0, length)));
  },
};

const pieces = new Slab();

/** A function that opens dispatchers of one connection each, to one origin, through the proxy if there is one. */
export function dispatcherFactory(settings: ConnectionSettings): () => Connection {
  const { origin, proxy, tls, connectTimeoutMs, lookup } = settings;
  // The transport has deadlines of its own, for an attempt as a whole.
  const options = { headersTimeout: 0, bodyTimeout: 0, pipelining: 1, allowH2: false };
  // All connections share the parsed certificates and, through the connector, their TLS sessions.
  const secureContext = secureContextOf(tls);
  const tlsOptions = {
    timeout: connectTimeoutMs,
    ...(secureContext !== undefined && { secureContext }),
  };
  if (proxy === undefined) {
    const { Client, buildConnector } = loadClient();
    const pinned = lookup && { lookup };
    const connect = buildConnector({ ...tlsOptions, ...pinned, allowH2: false, onread: READING });
    return () => openDirect(Client, origin, options, connect);
  }
  const undici = loadUndici();
  return () =>
    openTunnel(undici, {
      ...options,
      uri: proxy.url,
      ...(proxy.authorization !== undefined && { token: proxy.authorization }),
      requestTls: tlsOptions,
      proxyTls: tlsOptions,
      connections: 1,
    });
}

/**
 * A connection through a proxy, which is asked for a tunnel once for each request. Where a tunnel is lost before the request is
 * sent, undici alone would ask again and again, hundreds of times a second.
 */
function openTunnel({ Client, ProxyAgent }: Undici, options: ProxyAgent.Options): Connection {
  let mayConnect = false;
  const agent = new ProxyAgent({
    ...options,
    factory(origin, { connect, ...others }: ClientOptions) {
      return new Client(origin, {
        ...others,
        connect(target, connected) {
          if (!mayConnect) return connected(new Error("the proxy closed the connection"), null);
          mayConnect = false;
          return connect(target, connected);
        },
      });
    },
  });
  return {
    dispatch(request, handler) {
      mayConnect = true;
      return agent.dispatch(request, handler);
    },
    destroy: () => agent.destroy(),
  };
}

/** What a `ProxyAgent` gives its factory: a connector that makes the tunnel. */
interface ClientOptions extends Client.Options {
  readonly connect: buildConnector.connector;
}

/** A client of undici that can be ended while it is being connected, too: undici alone would wait for that. */
function openDirect(
  UndiciClient: typeof Client,
  origin: string,
  options: Client.Options,
  connect: buildConnector.connector,
): Connection {
  let socket: Socket | undefined;
  const client = new UndiciClient(origin, {
    ...options,
    connect(target, connected) {
      // The connector gives the socket that it is connecting, though its type does not say so.
      socket = connect(target, withAlerts(connected)) as unknown as Socket | undefined;
    },
  });
  return {
    dispatch: (request, handler) => client.dispatch(request, handler),
    destroy() {
      const destroyed = client.destroy();
      socket?.destroy(new Error("the connection was given up"));
      return destroyed;
    },
  };
}

/** A TLS alert after the handshake is an error of the socket, which undici replaces by the end that follows it. */
function withAlerts(connected: buildConnector.Callback): buildConnector.Callback {
  return (...made) => {
    const [, socket] = made;
    socket?.once("error", (error) => socket.destroy(error));
    connected(...made);
  };
}

/**
 * What the TLS settings make, for whatever connects by them; `undefined` where there are none. Node replaces the authorities
 * that it would trust by those that it is given: a context is made with the former, whatever they are (Mozilla's, OpenSSL's,
 * the system's, `NODE_EXTRA_CA_CERTS`), and the latter are added.
 */
export function secureContextOf({ ca, cert, key, pfx, passphrase }: TlsConfig): SecureContext | undefined {
  if ((ca ?? cert ?? pfx) === undefined) return undefined;
  const { createSecureContext } = process.getBuiltinModule("node:tls");
  const made = createSecureContext({
    ...(cert !== undefined && { cert }),
    ...(key !== undefined && { key }),
    ...(pfx !== undefined && { pfx }),
    ...(passphrase !== undefined && { passphrase }),
  });
  // Node's own function for the option `ca`. What it would trust cannot be listed in all versions, nor for all its options.
  const context = made.context as { readonly addCACert: (pem: string | Buffer) => void };
  for (const authority of ca === undefined ? [] : [...extraAuthorities(), ...ca])
    context.addCACert(authority);
  return made;
}

/** What `NODE_EXTRA_CA_CERTS` adds, which Node 20 forgets where something is added; it ignores a file that it cannot read. */
function extraAuthorities(): string[] {
  const path = process.env["NODE_EXTRA_CA_CERTS"];
  if (!path) return [];
  try {
    return [readFileSync(path, "utf8")];
  } catch {
    return [];
  }
}
