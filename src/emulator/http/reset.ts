import type { Socket } from "node:net";

/** The TCP connection below a TLS one: only that can be reset. */
const BELOW = new WeakMap<Socket, Socket>();

/** Remembers what a TLS connection stands on. */
export function standsOn(upper: Socket, lower: Socket): void {
  BELOW.set(upper, lower);
}

/** Ends a connection with RST instead of FIN. */
export function reset(socket: Socket | null): void {
  if (socket === null) return;
  const lower = BELOW.get(socket) ?? socket;
  lower.resetAndDestroy();
  socket.destroy();
}
