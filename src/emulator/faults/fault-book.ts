import type { RouteName } from "../http/router.js";
import { ALL_ROUTES, API_ROUTES } from "../http/router.js";
import { ANSWERS } from "./answers.js";
import { DELIVERIES } from "./deliveries.js";
import type { EffectTable, FaultEffect } from "./effect.js";
import type { Fault, FaultKind, FaultOf } from "./fault.js";
import { INTERCEPTIONS } from "./interceptions.js";
import { SIGNATURES } from "./signatures.js";

const EFFECTS: EffectTable = { ...INTERCEPTIONS, ...DELIVERIES, ...ANSWERS, ...SIGNATURES };

/** A fault that waits for its requests. */
export interface PendingFault {
  readonly kind: FaultKind;
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
  readonly delay: PendingFault | undefined;
  readonly fault: PendingFault | undefined;
}

/** The faults that were ordered, in their order. */
export class FaultBook {
  #pending: PendingFault[] = [];
  readonly #random: () => number;

  constructor(random: () => number) {
    this.#random = random;
  }

  /** Throws a `TypeError` where the fault is malformed. */
  add(fault: Fault): void {
    this.#pending = this.#pending.filter(({ remaining, undecided }) => remaining + undecided > 0);
    this.#pending.push(pendingOf(fault));
  }

  clear(): void {
    this.#pending = [];
  }

  /**
   * The first latency and the first other fault that this request meets. Whether the latter fits the
   * request is to be {@link settle}d.
   */
  meet(route: RouteName): Encounter | undefined {
    if (this.#pending.length === 0) return undefined;
    let delay: PendingFault | undefined;
    for (const pending of this.#pending) {
      if (pending.remaining === 0 || !pending.routes.has(route)) continue;
      const isDelay = pending.effect.delayMs !== undefined;
      if (isDelay && delay !== undefined) continue;
      if (pending.probability < 1 && this.#random() >= pending.probability) continue;
      pending.remaining--;
      if (!isDelay) {
        pending.undecided++;
        return { delay, fault: pending };
      }
      delay = pending;
    }
    return delay && { delay, fault: undefined };
  }

  /** Counts the fault as met, or keeps it for a later request. */
  settle(fault: PendingFault, met: boolean): void {
    fault.undecided--;
    if (!met) fault.remaining++;
  }
}

function pendingOf(fault: Fault): PendingFault {
  const { kind, route = "*", count = 1, probability = 1 } = fault;
  if (!Object.hasOwn(EFFECTS, kind)) throw new TypeError(`There is no fault '${String(kind)}'.`);
  if (route !== "*" && !ALL_ROUTES.has(route)) throw new TypeError(`There is no route '${String(route)}'.`);
  if (count !== Number.POSITIVE_INFINITY && !(Number.isSafeInteger(count) && count > 0)) {
    throw new TypeError(`count must be a positive integer or Infinity, not ${String(count)}.`);
  }
  if (typeof probability !== "number" || !(probability >= 0 && probability <= 1)) {
    throw new TypeError(`probability must be from 0 to 1, not ${String(probability)}.`);
  }
  const effect = effectOf(fault);
  const asked = route === "*" ? API_ROUTES : new Set([route]);
  const routes = effect.routes === undefined ? asked : intersection(asked, effect.routes);
  if (routes.size === 0) throw new TypeError(`The fault '${kind}' does not happen on the route '${route}'.`);
  return { kind, effect, routes, probability, remaining: count, undecided: 0 };
}

function effectOf<K extends FaultKind>(fault: FaultOf<K>): FaultEffect {
  const kind: K = fault.kind;
  return EFFECTS[kind](fault);
}

function intersection<T>(a: ReadonlySet<T>, b: ReadonlySet<T>): ReadonlySet<T> {
  return new Set([...a].filter((item) => b.has(item)));
}
