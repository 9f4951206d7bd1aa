import { subscribe } from "node:diagnostics_channel";
import type { RequestEvent } from "../../api/transport/telemetry.js";
import type { ReadEvent } from "../../base/reading.js";
import type { BatchEvent } from "./events.js";
import { STREAM } from "./plan.js";

/** Passes on what this process reads and asks for, as events of a batch. */
export function followWork(show: (event: BatchEvent) => void): void {
  subscribe("signpath:request", (message) => show({ event: "request", request: message as RequestEvent }));
  subscribe("signpath:read", (message) => {
    const { path = STREAM, bytes } = message as ReadEvent;
    show({ event: "read", file: path, bytes });
  });
}
