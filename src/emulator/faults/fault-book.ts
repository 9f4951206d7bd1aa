import type { RouteName } from "../http/router.js";
import { ALL_ROUTES, API_ROUTES } from "../http/router.js";
import type { EffectTable, FaultEffect } from "./effect.js";
import { ANSWERS } from "./effects/answers.js";
import { DELIVERIES } from "./effects/deliveries.js";
import { IDENTITIES } from "./effects/identities.js";
import { INTERCEPTIONS } from "./effects/interceptions.js";
import { SIGNATURES } from "./effects/signatures.js";
import { TIMESTAMPS } from "./effects/timestamps.js";
import { TIMING } from "./effects/timing.js";
import type { Fault, FaultKind, FaultOf, TlsFailure } from "./fault.js";
import { assertFields } from "./fields.js";

const EFFECTS: EffectTable = {
  ...TIMING,
  ...INTERCEPTIONS,
  ...IDENTITIES,
  ...DELIVERIES,
  ...ANSWERS,
  ...SIGNATURES,
  ...TIMESTAMPS,
};

/** Faults of different sorts can meet one request together, of each sort one. */
type Sort = "delay" | "clock" | "handshake" | "other";

/** A fault that waits for its requests. */
export interface PendingFault {
  /** Of this one among all of the book, ever. */
  readonly id: number;
  readonly kind: FaultKind;
  readonly sort: Sort;
  /** As it was ordered. */
  readonly ordered: Fault;
  readonly effect: FaultEffect;
  readonly routes: ReadonlySet<RouteName>;
  readonly probability: number;
  /** How many requests are still to meet it. */
  remaining: number;
  /** How many requests met it and do not know yet whether it fits them. */
  undecided: number;
}

/** What a request meets. */
export interface Encounter {
  readonly delay?: { readonly kind: FaultKind; readonly ms: number };
  readonly clock?: { readonly kind: FaultKind; readonly offset: number };
  readonly fault?: PendingFault;
}

/** The faults that were ordered, in their order. */
export class FaultBook {
  #pending: PendingFault[] = [];
  readonly #random: () => number;
  readonly #withTls: boolean;
  #next = 1;

  constructor(random: () => number, withTls: boolean) {
    this.#random = random;
    this.#withTls = withTls;
  }

  /** Throws a `TypeError` where the fault is malformed. */
  add(fault: Fault): void {
    const pending = pendingOf(fault);
    if (pending.sort === "handshake" && !this.#withTls) {
      throw new TypeError(`The fault '${fault.kind}' needs an emulator that was started with tls.`);
    }
    this.#pending = this.list();
    this.#pending.push({ ...pending, id: this.#next++ });
  }

  /** Takes one away before it is over; `false` where there is none of that id. */
  remove(id: number): boolean {
    const rest = this.list().filter((pending) => pending.id !== id);
    const found = rest.length < this.list().length;
    this.#pending = rest;
    return found;
  }

  clear(): void {
    this.#pending = [];
  }

  /** Those that are not over. */
  list(): PendingFault[] {
    return this.#pending.filter(({ remaining, undecided }) => remaining + undecided > 0);
  }

  /**
   * What this request meets: of each sort the first, up to the first fault that is not of time. Whether that one fits
   * the request is to be {@link settle}d.
   */
  meet(route: RouteName): Encounter | undefined {
    if (this.#pending.length === 0) return undefined;
    let encounter: Encounter | undefined;
    for (const pending of this.#pending) {
      const { kind, sort, effect } = pending;
      if (sort === "handshake" || (sort !== "other" && encounter?.[sort] !== undefined)) continue;
      if (!pending.routes.has(route) || !this.#strikes(pending)) continue;
      if (effect.delay !== undefined) {
        encounter = { ...encounter, delay: { kind, ms: effect.delay(this.#random) } };
      } else if (effect.clockOffset !== undefined) {
        encounter = { ...encounter, clock: { kind, offset: effect.clockOffset } };
      } else {
        pending.undecided++;
        return { ...encounter, fault: pending };
      }
    }
    return encounter;
  }

  /** How the handshake of a new connection fails. */
  meetConnection(): TlsFailure | undefined {
    return this.#pending.find((pending) => pending.sort === "handshake" && this.#strikes(pending))?.effect
      .handshake;
  }

  /** Counts the fault as met, or keeps it for a later request. */
  settle(fault: PendingFault, met: boolean): void {
    fault.undecided--;
    if (!met) fault.remaining++;
  }

  #strikes(pending: PendingFault): boolean {
    if (pending.remaining === 0) return false;
    if (pending.probability < 1 && this.#random() >= pending.probability) return false;
    pending.remaining--;
    return true;
  }
}

/** @throws TypeError where the fault is malformed */
export function assertFault(fault: Fault): void {
  pendingOf(fault);
}

function pendingOf(fault: Fault): Omit<PendingFault, "id"> {
  if (typeof fault !== "object" || fault === null) throw new TypeError("A fault must be an object.");
  assertFields(fault);
  const { kind, route = "*", count = 1, probability = 1 } = fault;
  if (route !== "*" && !ALL_ROUTES.has(route)) throw new TypeError(`There is no route '${String(route)}'.`);
  if (count !== Number.POSITIVE_INFINITY && !(Number.isSafeInteger(count) && count > 0)) {
    throw new TypeError(`count must be a positive integer or Infinity, not ${String(count)}.`);
  }
  if (!(probability >= 0 && probability <= 1)) {
    throw new TypeError(`probability must be from 0 to 1, not ${String(probability)}.`);
  }
  const effect = effectOf(fault);
  const sort = sortOf(effect);
  if (sort === "handshake" && route !== "*") {
    throw new TypeError(`The fault '${kind}' meets connections, which have no route.`);
  }
  const asked = route === "*" ? (effect.routes ?? API_ROUTES) : new Set([route]);
  const routes = effect.routes === undefined ? asked : intersection(asked, effect.routes);
  if (routes.size === 0) throw new TypeError(`The fault '${kind}' does not happen on the route '${route}'.`);
  return { kind, sort, ordered: { ...fault }, effect, routes, probability, remaining: count, undecided: 0 };
}

function sortOf({ delay, clockOffset, handshake }: FaultEffect): Sort {
  if (delay !== undefined) return "delay";
  if (clockOffset !== undefined) return "clock";
  return handshake === undefined ? "other" : "handshake";
}

function effectOf<K extends FaultKind>(fault: FaultOf<K>): FaultEffect {
  const kind: K = fault.kind;
  return EFFECTS[kind](fault);
}

function intersection<T>(a: ReadonlySet<T>, b: ReadonlySet<T>): ReadonlySet<T> {
  return new Set([...a].filter((item) => b.has(item)));
}
