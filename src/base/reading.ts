import type { Channel } from "node:diagnostics_channel";
import { channel } from "node:diagnostics_channel";

/** A message on the diagnostics channel `signpath:read`: so much more of a source was read. It never holds what was read. */
export interface ReadEvent {
  /** The path as the caller gave it; `undefined` for a source that has none. */
  readonly path: string | undefined;
  readonly bytes: number;
}

/** How far the reading of sources has come, as {@link ReadEvent}. */
export const readChannel: Channel<unknown, unknown> = channel("signpath:read");
