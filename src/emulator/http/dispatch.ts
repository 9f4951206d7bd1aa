import type { IncomingMessage, ServerResponse } from "node:http";
import type { Encounter } from "../faults/fault-book.js";
import { pause } from "../pause.js";
import type { Service } from "../service.js";
import { assertAuthorized } from "./authorization.js";
import { ClientGone } from "./body.js";
import type { Exchange, Handlers } from "./exchange.js";
import { now } from "./exchange.js";
import type { OpenRequest } from "./log.js";
import { problem } from "./problem.js";
import type { Reply } from "./reply.js";
import { Refusal } from "./reply.js";
import type { Destination } from "./router.js";
import { API_ROUTES, routeOf } from "./router.js";
import { send } from "./send.js";

/** What an HTTP server calls for each request. */
export type Listener = (request: IncomingMessage, response: ServerResponse) => void;

/** Answers every request from the service, with the faults that it meets. */
export function listenerOf(service: Service, handlers: Handlers): Listener {
  return (request, response) => {
    // A proxy may ask in the absolute form (RFC 9112, section 3.2.2).
    const url = (request.url ?? "/").replace(/^https?:\/\/[^/?]*/i, "");
    const end = url.indexOf("?");
    const destination = routeOf(end === -1 ? url : url.slice(0, end));
    const entry = service.log.add(request.method ?? "", url, destination.route);
    const excess = API_ROUTES.has(destination.route) ? service.limiter.admit() : undefined;
    if (excess !== undefined) {
      entry.status = excess.status;
      entry.fault = "rate-limit";
      send(response, excess);
      return;
    }
    const encounter = service.faults.meet(destination.route);
    const exchange: Exchange = {
      request,
      destination,
      query: end === -1 ? "" : url.slice(end + 1),
      service,
      effect: encounter?.fault?.effect,
      clockOffset: encounter?.clock?.offset ?? 0,
      spoilt: false,
      rotated: false,
    };
    answer(exchange, handlers, response, entry, encounter).catch((error: unknown) => {
      // Nobody is left to be told.
      if (!(error instanceof ClientGone)) response.destroy();
    });
  };
}

async function answer(
  exchange: Exchange,
  handlers: Handlers,
  response: ServerResponse,
  entry: OpenRequest,
  encounter: Encounter | undefined,
): Promise<void> {
  if (encounter === undefined) {
    const reply = await replyOf(exchange, handlers);
    entry.status = reply.status;
    send(response, reply);
    return;
  }
  const { delay, clock, fault } = encounter;
  const { service } = exchange;
  let met = false;
  try {
    entry.fault = delay?.kind ?? clock?.kind;
    if (delay !== undefined && !(await pause(delay.ms, response))) return;
    if (clock !== undefined) response.setHeader("Date", now(exchange).toUTCString());
    const { intercept, alter, deliver } = fault?.effect ?? {};
    if (intercept !== undefined) {
      met = true;
      if (fault !== undefined) entry.fault = fault.kind;
    }
    const reply =
      intercept === undefined
        ? await replyOf(exchange, handlers)
        : intercept({ response, now: now(exchange), refuseConnections: service.refuseConnections });
    if (reply === undefined) return;
    const altered = alter?.(reply);
    met ||= exchange.spoilt || exchange.rotated || altered !== undefined || deliver !== undefined;
    if (met && fault !== undefined) entry.fault = fault.kind;
    entry.status = reply.status;
    await (deliver ?? send)(response, altered ?? reply);
  } finally {
    if (fault !== undefined) service.faults.settle(fault, met);
  }
}

async function replyOf(exchange: Exchange, handlers: Handlers): Promise<Reply> {
  try {
    assertAllowed(exchange);
    return await handlers[exchange.destination.route](exchange);
  } catch (error) {
    if (error instanceof Refusal) return error.reply;
    if (error instanceof ClientGone) throw error;
    return problem(500, error instanceof Error ? error.message : String(error));
  }
}

function assertAllowed({ request, destination, service }: Exchange): void {
  if (destination.method === undefined) return;
  if (request.method !== destination.method) {
    throw new Refusal(problem(405, undefined, { Allow: destination.method }));
  }
  if (API_ROUTES.has(destination.route)) {
    assertAuthorized(request.headers.authorization, service.apiToken);
    assertOrganization(destination, service);
  }
}

// 404 and not 403: whether an organization exists is not the business of who does not belong to it.
function assertOrganization({ organizationId }: Destination, service: Service): void {
  if (organizationId !== service.organizationId.toLowerCase()) {
    throw new Refusal(problem(404, `There is no organization with id '${organizationId}'.`));
  }
}
