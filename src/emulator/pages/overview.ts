import type { Exchange } from "../http/exchange.js";
import type { Reply } from "../http/reply.js";
import { PAGES_PATH } from "../http/router.js";
import { waitingList } from "./approval.js";
import { entryTable } from "./entries.js";
import type { Content } from "./html.js";
import { html } from "./html.js";
import { show } from "./layout.js";
import { badge } from "./parts.js";
import { policyTable } from "./policies.js";
import { gettingStarted } from "./start.js";
import { viewerOf } from "./viewer.js";

const LATEST = 10;
/** As many as a person decides about at once; the audit log has the others. */
const WAITING = 20;
/** Said before there is anything. */
export const NOTHING_YET = "No signing request yet. The first one shows up here as it comes.";

/** `GET /` for a browser. */
export function overview(exchange: Exchange): Reply {
  const { ledger } = exchange.service;
  const viewer = viewerOf(exchange);
  const organizationId = viewer.organization.id;
  const latest = ledger.page({ organizationId, limit: LATEST });
  const waiting = ledger.page({ organizationId, status: "pending", limit: WAITING });
  const main = html`<h1>Overview</h1>
${state(exchange)}
${gettingStarted(exchange.service, viewer, latest.entries.length === 0)}
<div id="waiting" data-live>${waitingList(viewer, waiting)}</div>
<section class="card" aria-labelledby="latest-heading"><div class="headline"><h2 id="latest-heading">Latest signing requests</h2><a href="${PAGES_PATH}/requests">Audit log</a></div>
${entryTable("latest", "The latest signing requests, newest first", latest.entries, NOTHING_YET)}</section>
<section class="card" aria-labelledby="policies-heading"><div class="headline"><h2 id="policies-heading">Signing policies</h2><a href="${PAGES_PATH}/policies">All about them</a></div>
${policyTable(viewer)}</section>`;
  return show(exchange, { title: "Overview", section: "overview", main, scripts: ["live"] });
}

/** What is not as usual: a fault that somebody has forgotten explains many failures. */
function state({ service: { faults, limiter } }: Exchange): Content {
  const active = faults.list().length;
  const { limit } = limiter;
  return html`<p class="state" id="state" data-live>${
    active === 0
      ? badge("quiet", "No faults")
      : html`<a href="${PAGES_PATH}/faults">${badge("bad", active === 1 ? "1 fault is on" : `${active} faults are on`)}</a>`
  } ${
    limit === undefined
      ? badge("quiet", "No rate limit")
      : html`<a href="${PAGES_PATH}/faults#rate-limit">${badge("wait", `At most ${limit.requestsPerSecond} requests a second`)}</a>`
  }</p>`;
}
