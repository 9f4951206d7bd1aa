import type { SigningRequestStatus } from "../../wire/signing.js";
import type { Exchange } from "../http/exchange.js";
import type { Reply } from "../http/reply.js";
import { PAGES_PATH } from "../http/router.js";
import { entryTable } from "./entries.js";
import { fieldOf } from "./form.js";
import type { Content } from "./html.js";
import { html } from "./html.js";
import { show } from "./layout.js";
import { option, STATUS_NAMES } from "./parts.js";
import type { Filter } from "./records.js";
import { pageOf } from "./records.js";

const PER_PAGE = 50;
const PATH = `${PAGES_PATH}/requests`;

/** `GET /ui/requests`: the audit log. */
export function requests(exchange: Exchange): Reply {
  const { service, query } = exchange;
  const parameters = new URLSearchParams(query);
  const filter = filterOf(parameters);
  const before = fieldOf(parameters, "before");
  const found = pageOf(service, filter, PER_PAGE, before);
  const isFiltered = Object.values(filter).some((value) => value !== undefined);
  const empty = isFiltered
    ? "No signing request is like that."
    : "No signing request yet. The first one shows up here as it comes.";
  const main = html`<h1>Audit log</h1>
${filterForm(exchange, filter, isFiltered)}
<section class="card" aria-label="Signing requests">
${entryTable(service, "entries", "Signing requests, newest first", found.rows, empty)}
</section>
<nav class="paging" aria-label="More of the audit log" id="paging"${before === undefined && html` data-live`}>
${before !== undefined && html`<a id="newest" href="${PATH}${queryOf(filter)}">Newest</a>`}
${found.before !== undefined && html`<a id="older" rel="next" href="${PATH}${queryOf(filter, found.before)}">Older</a>`}
</nav>`;
  return show(exchange, {
    title: "Audit log",
    section: "requests",
    main,
    scripts: before === undefined ? ["live"] : [],
  });
}

function filterOf(parameters: URLSearchParams): Filter {
  const status = fieldOf(parameters, "status");
  return {
    policy: fieldOf(parameters, "policy"),
    status: STATUS_NAMES.find(([name]) => name === status)?.[0],
    text: fieldOf(parameters, "text")?.slice(0, 200),
  };
}

function queryOf(filter: Filter, before?: string): string {
  const given = Object.entries({ ...filter, before }).filter(([, value]) => value !== undefined);
  const query = new URLSearchParams(given as [string, string][]).toString();
  return query === "" ? "" : `?${query}`;
}

function filterForm({ service }: Exchange, filter: Filter, isFiltered: boolean): Content {
  const slugs = service.catalogue.list().map(({ signingPolicySlug }) => signingPolicySlug);
  return html`<form class="filters" role="search" aria-label="Audit log" method="get" action="${PATH}">
<div><label for="filter-policy">Policy</label><select id="filter-policy" name="policy">${option("", "All", filter.policy ?? "")}${slugs.map(
    (slug) => option(slug, slug, filter.policy),
  )}</select></div>
<div><label for="filter-status">Result</label><select id="filter-status" name="status">${option("", "All", filter.status ?? "")}${STATUS_NAMES.map(
    ([status, text]: readonly [SigningRequestStatus, string]) => option(status, text, filter.status),
  )}</select></div>
<div class="grow"><label for="filter-text">Contains</label><input id="filter-text" name="text" type="search" maxlength="200" value="${filter.text ?? ""}" placeholder="hash, command line, user, build"></div>
<button>Filter</button>${isFiltered && html` <a href="${PATH}">Show all</a>`}</form>`;
}
