import type { RouteName } from "../../http/router.js";
import type { EffectTable } from "../effect.js";
import type { TimestampFault } from "../fault.js";

const ROUTES: ReadonlySet<RouteName> = new Set(["timestamp"]);

/** Faults of the timestamp authority. */
export const TIMESTAMPS: Pick<EffectTable, TimestampFault["kind"]> = {
  "timestamp-rejection": ({ failure = "badRequest", waiting = false }) => ({
    routes: ROUTES,
    timestamp: { refuse: failure, waiting },
  }),

  "wrong-timestamp": ({ mistake }) => ({ routes: ROUTES, timestamp: { mistake } }),
};
