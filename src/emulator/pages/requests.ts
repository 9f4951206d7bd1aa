import { POLICIES } from "../catalogue.js";
import type { Exchange } from "../http/exchange.js";
import type { Reply } from "../http/reply.js";
import { PAGES_PATH } from "../http/router.js";
import type { AuditLogQuery } from "../ledger/query.js";
import { RESULTS } from "../ledger/query.js";
import { entryTable } from "./entries.js";
import { fieldOf } from "./form.js";
import type { Content } from "./html.js";
import { html } from "./html.js";
import { show } from "./layout.js";
import { NOTHING_YET } from "./overview.js";
import { option, resultName } from "./parts.js";
import { viewerOf } from "./viewer.js";

const PER_PAGE = 50;
const PATH = `${PAGES_PATH}/requests`;

/** Which entries are wanted. */
interface Filter {
  readonly policy: string | undefined;
  readonly result: AuditLogQuery["status"];
  readonly text: string | undefined;
}

/** `GET /ui/requests`: the audit log. */
export function requests(exchange: Exchange): Reply {
  const parameters = new URLSearchParams(exchange.query);
  const filter = filterOf(parameters);
  const before = cursorOf(fieldOf(parameters, "before"));
  const { policy, result, text } = filter;
  const { entries, next } = exchange.service.ledger.page({
    organizationId: viewerOf(exchange).organization.id,
    limit: PER_PAGE,
    ...(policy !== undefined && { policy }),
    ...(result !== undefined && { status: result }),
    ...(text !== undefined && { text }),
    ...(before !== undefined && { before }),
  });
  const isFiltered = Object.values(filter).some((value) => value !== undefined);
  const main = html`<h1>Audit log</h1>
${filterForm(filter, isFiltered)}
<section class="card" aria-label="Signing requests">
${entryTable("entries", "Signing requests, newest first", entries, emptyWords(isFiltered, next !== undefined))}
</section>
<nav class="paging" aria-label="More of the audit log" id="paging"${before === undefined && html` data-live`}>
${before !== undefined && html`<a id="newest" href="${PATH}${queryOf(filter)}">Newest</a>`}
${next !== undefined && html`<a id="older" rel="next" href="${PATH}${queryOf(filter, next)}">Older</a>`}
</nav>`;
  return show(exchange, {
    title: "Audit log",
    section: "requests",
    main,
    scripts: before === undefined ? ["live"] : [],
  });
}

function emptyWords(isFiltered: boolean, goesOn: boolean): string {
  if (goesOn) return "None of the newest is like that; older ones have not been looked at.";
  return isFiltered ? "No signing request is like that." : NOTHING_YET;
}

function filterOf(parameters: URLSearchParams): Filter {
  const result = fieldOf(parameters, "result");
  return {
    policy: fieldOf(parameters, "policy"),
    result: RESULTS.find((each) => each === result),
    text: fieldOf(parameters, "text")?.slice(0, 200),
  };
}

function cursorOf(text: string | undefined): number | undefined {
  return text !== undefined && /^\d{1,15}$/.test(text) ? Number(text) : undefined;
}

function queryOf(filter: Filter, before?: number): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries({ ...filter, before })) {
    if (value !== undefined) query.set(name, String(value));
  }
  return query.size === 0 ? "" : `?${query}`;
}

function filterForm({ policy, result, text }: Filter, isFiltered: boolean): Content {
  return html`<form class="filters" role="search" aria-label="Audit log" method="get" action="${PATH}">
<div><label for="filter-policy">Policy</label><select id="filter-policy" name="policy">${option("", "All", policy ?? "")}${POLICIES.map(
    ({ slug }) => option(slug, slug, policy),
  )}</select></div>
<div><label for="filter-result">Result</label><select id="filter-result" name="result">${option("", "All", result ?? "")}${RESULTS.map(
    (each) => option(each, resultName(each), result),
  )}</select></div>
<div class="grow"><label for="filter-text">Contains</label><input id="filter-text" name="text" type="search" maxlength="200" value="${text ?? ""}" placeholder="hash, command line, user, build"></div>
<button>Filter</button>${isFiltered && html` <a href="${PATH}">Show all</a>`}</form>`;
}
