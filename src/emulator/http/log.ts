import type { FaultKind } from "../faults/fault.js";
import { Ring } from "../ring.js";
import type { RouteName } from "./router.js";

/** One HTTP request that the emulator received. */
export interface LoggedRequest {
  readonly method: string;
  /** Path and query as they came, at most 512 characters; a token in it is blacked out. */
  readonly path: string;
  readonly route: RouteName;
  readonly receivedAt: Date;
  /** `undefined` as long as there is no answer: some faults never give one. */
  readonly status: number | undefined;
  /** The fault that this request met, or `rate-limit` where it was one too many. */
  readonly fault: FaultKind | "rate-limit" | undefined;
}

/** The same while it is handled. */
export type OpenRequest = { -readonly [K in keyof LoggedRequest]: LoggedRequest[K] };

const CAPACITY = 10_000;
const MAX_PATH = 512;

/** The newest requests. */
export class RequestLog {
  readonly #entries = new Ring<OpenRequest>(CAPACITY);
  readonly #blackOut: (text: string) => string;

  /** @param blackOut takes tokens out of a text */
  constructor(blackOut: (text: string) => string) {
    this.#blackOut = blackOut;
  }

  add(method: string, path: string, route: RouteName): OpenRequest {
    const entry: OpenRequest = {
      method,
      path: this.#clean(path),
      route,
      receivedAt: new Date(),
      status: undefined,
      fault: undefined,
    };
    this.#entries.push(entry);
    return entry;
  }

  toArray(): LoggedRequest[] {
    return this.#entries.toArray();
  }

  #clean(path: string): string {
    const clean = this.#blackOut(path);
    // A plain slice would keep the whole text alive.
    return clean.length <= MAX_PATH ? clean : Buffer.from(clean.slice(0, MAX_PATH)).toString();
  }
}
