import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { getEventListeners } from "node:events";
import type { Socket } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import { expect, onTestFinished } from "vitest";

/** What holds a process, by the names of `process.getActiveResourcesInfo()`. */
const HOLDING = ["TCPSocketWrap", "TLSWrap", "TCPConnectWrap", "GetAddrInfoReqWrap", "Timeout", "Immediate"];

/** How long the other end of a connection, which is in this process as well, may take to notice its end. */
const PATIENCE_MS = 5000;

/** Looks at what a piece of work opens, from when it was made on. */
export interface ResourceWatch {
  /** Ports that connections were opened to. */
  readonly ports: () => number[];
  /** Fails where a socket that was opened is not destroyed, or more holds the process than before. */
  readonly expectNothingLeft: () => Promise<void>;
}

/** Begins to watch; it ends with the test. */
export function watchResources(): ResourceWatch {
  const before = holding();
  const sockets: Socket[] = [];
  const ports = new Set<number>();
  const opened = (message: unknown): void => {
    const { socket } = message as { socket: Socket };
    sockets.push(socket);
    socket.once("connect", () => ports.add(socket.remotePort ?? 0));
  };
  subscribe("net.client.socket", opened);
  onTestFinished(() => void unsubscribe("net.client.socket", opened));
  return {
    ports: () => [...ports],
    async expectNothingLeft() {
      const left = (): string[] => [...open(sockets), ...surplus(before)];
      const end = performance.now() + PATIENCE_MS;
      while (left().length > 0 && performance.now() < end) await delay(2);
      expect(left(), "what is open beyond what was open before").toEqual([]);
    },
  };
}

/** How many listeners a signal has. */
export function listenersOf(signal: AbortSignal): number {
  return getEventListeners(signal, "abort").length;
}

function open(sockets: readonly Socket[]): string[] {
  return sockets.filter(({ destroyed }) => !destroyed).map(({ remotePort }) => `socket to ${remotePort}`);
}

function holding(): Map<string, number> {
  const counts = new Map<string, number>();
  for (const name of process.getActiveResourcesInfo()) {
    if (HOLDING.includes(name)) counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  return counts;
}

function surplus(before: ReadonlyMap<string, number>): string[] {
  return [...holding()].filter(([name, count]) => count > (before.get(name) ?? 0)).map(([name]) => name);
}
