import { connect } from "node:net";
import type { Duplex } from "node:stream";
import { authorityOf } from "./tunnel.js";

/** Connects to where an address leads. */
export async function openSocket(target: URL, ended: AbortSignal): Promise<Duplex> {
  const host = target.hostname.replace(/^\[|\]$/g, "");
  const port = Number(authorityOf(target).split(":").at(-1));
  const socket = connect({ host, port });
  ended.addEventListener("abort", () => socket.destroy(), { once: true });
  return new Promise((resolve, reject) => {
    socket.once("error", reject);
    socket.once("connect", () => {
      socket.on("error", () => undefined);
      resolve(socket);
    });
  });
}
