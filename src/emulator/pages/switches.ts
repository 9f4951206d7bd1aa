import type { Exchange } from "../http/exchange.js";
import type { Reply } from "../http/reply.js";
import { PAGES_PATH } from "../http/router.js";
import { faultOfForm, faults } from "./faults.js";
import { withNotice } from "./notices.js";
import { limitOfForm } from "./rate-limit.js";
import { seeOther } from "./replies.js";

const PATH = `${PAGES_PATH}/faults`;

/** Switches a fault on. */
export function addFault(exchange: Exchange, form: URLSearchParams): Reply {
  return done(exchange, form, "fault-added", ({ service }) => service.faults.add(faultOfForm(form)));
}

/** Switches one off; one that is over already is off as well. */
export function removeFault(exchange: Exchange, form: URLSearchParams): Reply {
  return done(exchange, form, "fault-removed", ({ service }) =>
    service.faults.remove(Number(form.get("id"))),
  );
}

export function clearFaults(exchange: Exchange, form: URLSearchParams): Reply {
  return done(exchange, form, "faults-cleared", ({ service }) => service.faults.clear());
}

export function setLimit(exchange: Exchange, form: URLSearchParams): Reply {
  return done(exchange, form, "limit-set", ({ service }) => service.limiter.set(limitOfForm(form)));
}

export function liftLimit(exchange: Exchange, form: URLSearchParams): Reply {
  return done(exchange, form, "limit-lifted", ({ service }) => service.limiter.set(undefined));
}

/** What is malformed is shown together with the form that it came from. */
function done(
  exchange: Exchange,
  form: URLSearchParams,
  notice: string,
  act: (exchange: Exchange) => void,
): Reply {
  try {
    act(exchange);
  } catch (error) {
    if (error instanceof TypeError) return faults(exchange, form, error.message);
    throw error;
  }
  exchange.service.live.changed();
  return seeOther(withNotice(PATH, notice));
}
