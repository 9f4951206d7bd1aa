import type { IncomingMessage } from "node:http";
import { problem } from "../http/problem.js";
import { Refusal } from "../http/reply.js";
import { isLoopback } from "../http/server.js";
import type { Session } from "./session.js";

/** Whose address a browser may show for this emulator. */
interface Place {
  readonly origin: string;
}

/**
 * Lets in who looks at a page. A foreign name that was made to mean this machine (DNS rebinding) shows in `Host`; a page of
 * another site may lead here, but not fetch from here.
 *
 * @throws Refusal 403
 */
export function assertVisit(request: IncomingMessage, place: Place): void {
  assertHost(request, place);
  const { "sec-fetch-site": site = "none", "sec-fetch-mode": mode, "sec-fetch-dest": dest } = request.headers;
  if (site === "same-origin" || site === "none") return;
  if (mode !== "navigate" || dest !== "document") throw foreign("Sec-Fetch-Site");
}

/**
 * Lets in a page of this emulator that acts, or reads what is secret: with its session's cookie, and by a browser that says
 * that the page is of this origin. Other ports of this machine are the same site, and get the cookie as well.
 *
 * @throws Refusal 403
 */
export function assertOwnPage(request: IncomingMessage, place: Place, session: Session): void {
  assertHost(request, place);
  const { host = "", origin, "sec-fetch-site": site, cookie } = request.headers;
  if (site !== undefined && site !== "same-origin") throw foreign("Sec-Fetch-Site");
  // A form says `null` under `Referrer-Policy: no-referrer`: then the other header has to say it.
  const isOwn = origin === `${schemeOf(place)}//${host}`;
  if (origin !== undefined && !isOwn && !(origin === "null" && site === "same-origin"))
    throw foreign("Origin");
  if (!isOwn && site === undefined) throw foreign("Origin");
  if (!session.isIn(cookie)) {
    throw new Refusal(problem(403, "The session is over or of another emulator: load the page again."));
  }
}

function assertHost({ headers: { host = "" } }: IncomingMessage, place: Place): void {
  const address = `${schemeOf(place)}//${host}`;
  if (!URL.canParse(address)) throw foreign("Host");
  const given = new URL(address);
  if (given.port !== new URL(place.origin).port || given.username !== "" || given.pathname !== "/") {
    throw foreign("Host");
  }
  if (!isLoopback(given.hostname.replace(/^\[(.*)\]$/, "$1"))) throw foreign("Host");
}

function schemeOf({ origin }: Place): string {
  return new URL(origin).protocol;
}

function foreign(header: string): Refusal {
  return new Refusal(problem(403, `The ${header} of the request is not this emulator's.`));
}
