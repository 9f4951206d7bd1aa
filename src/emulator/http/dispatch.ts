import type { IncomingMessage, ServerResponse } from "node:http";
import type { Caller } from "../accounts/accounts.js";
import type { Encounter } from "../faults/fault-book.js";
import { callerOfPage } from "../pages/caller.js";
import { pause } from "../pause.js";
import type { Service } from "../service.js";
import { authorized } from "./authorization.js";
import { ClientGone } from "./body.js";
import type { Exchange, Handlers } from "./exchange.js";
import { attemptOf, now } from "./exchange.js";
import type { OpenRequest } from "./log.js";
import { problem, wordsOf } from "./problem.js";
import type { Reply } from "./reply.js";
import { Refusal } from "./reply.js";
import { API_ROUTES, routeOf, SUBMITTING_ROUTES } from "./router.js";
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
      arrivedAt: performance.now(),
      caller: undefined,
      attempt: { fast: false },
      body: undefined,
      logged: undefined,
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
    record(exchange, reply);
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
    record(exchange, altered ?? reply);
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
    if (error instanceof ClientGone) throw error;
    const reply =
      error instanceof Refusal
        ? error.reply
        : problem(500, error instanceof Error ? error.message : String(error));
    logRefusal(exchange, reply);
    return reply;
  }
}

/** A submission that comes to nothing is in the log as well. */
function logRefusal(exchange: Exchange, reply: Reply): void {
  const { destination, request, service } = exchange;
  if (!SUBMITTING_ROUTES.has(destination.route) || request.method !== destination.method) return;
  exchange.logged = service.ledger.refuse(attemptOf(exchange), reply.status, wordsOf(reply));
}

function record({ logged, request, body, service, arrivedAt }: Exchange, reply: Reply): void {
  if (logged === undefined) return;
  service.exchanges.add(logged.id, request, body ?? Buffer.alloc(0), reply, performance.now() - arrivedAt);
}

function assertAllowed(exchange: Exchange): void {
  const { request, destination, service } = exchange;
  if (destination.method === undefined) return;
  if (request.method !== destination.method) {
    throw new Refusal(problem(405, undefined, { Allow: destination.method }));
  }
  if (API_ROUTES.has(destination.route)) {
    if (destination.byPage) {
      exchange.caller = callerOfPage(exchange);
      return;
    }
    const caller = authorized(request.headers.authorization, service.accounts);
    assertOrganization(exchange, caller);
    exchange.caller = caller;
  }
}

// By default 404 and not 403: whether an organization exists is not the business of who does not belong to it.
function assertOrganization({ destination, service }: Exchange, { organization }: Caller): void {
  const { organizationId = "" } = destination;
  if (organizationId === organization.id.toLowerCase()) return;
  const status = service.accounts.organization(organizationId) ? service.foreignOrganizationStatus : 404;
  const detail =
    status === 404
      ? `There is no organization with id '${organizationId}'.`
      : `The user of the API token does not belong to the organization with id '${organizationId}'.`;
  throw new Refusal(problem(status, detail, status === 401 ? { "WWW-Authenticate": "Bearer" } : {}));
}
