import type { Fault } from "../faults/fault.js";
import type { PendingFault } from "../faults/fault-book.js";
import type { Field } from "../faults/fields.js";
import { FAULT_KINDS, fieldsOf } from "../faults/fields.js";
import { ENDLESS, faultOfJson } from "../faults/spec.js";
import type { Exchange } from "../http/exchange.js";
import type { Reply } from "../http/reply.js";
import { ALL_ROUTES, PAGES_PATH } from "../http/router.js";
import { FAULT_GROUPS, FAULT_WORDS } from "./fault-kinds.js";
import { fieldOf } from "./form.js";
import type { Content, Html } from "./html.js";
import { html } from "./html.js";
import { show } from "./layout.js";
import { option } from "./parts.js";
import { rateLimit } from "./rate-limit.js";

const PATH = `${PAGES_PATH}/faults`;
const SCOPE: ReadonlySet<string> = new Set(["route", "count", "probability"]);

/** `GET /ui/faults`, and the same with what was wrong with a form. */
export function faults(
  exchange: Exchange,
  given: URLSearchParams = new URLSearchParams(exchange.query),
  error?: string,
): Reply {
  const wanted = given.get("kind") ?? "status";
  const kind = (FAULT_KINDS.has(wanted) ? wanted : "status") as Fault["kind"];
  const main = html`<h1>Faults</h1>
<p>What goes wrong on purpose, to see what a client makes of it. Each fault meets the next requests that fit, in the order in which they were switched on.</p>
<section class="card" aria-labelledby="active-heading"><h2 id="active-heading">Switched on</h2><div id="active" data-live>${active(exchange)}</div></section>
<section class="card" aria-labelledby="new-heading"><h2 id="new-heading">Switch one on</h2>
<form class="fields" method="get" action="${PATH}#new-heading" data-submit-on-change>
<div class="grow"><label for="kind">What goes wrong</label><select id="kind" name="kind">${FAULT_GROUPS.map(
    ([group, kinds]) =>
      html`<optgroup label="${group}">${kinds.map((name) => option(name, `${name}: ${FAULT_WORDS[name]}`, kind))}</optgroup>`,
  )}</select></div><button>Choose</button></form>
${newFault(kind, given)}</section>
${rateLimit(exchange)}`;
  const failed = error !== undefined && { error, status: 400 };
  return show(exchange, { title: "Faults", section: "faults", main, scripts: ["live", "faults"], ...failed });
}

function newFault(kind: Fault["kind"], given: URLSearchParams): Html {
  const fields = Object.entries(fieldsOf(kind));
  const own = fields.filter(([name]) => !SCOPE.has(name));
  return html`<form class="fields" method="post" action="${PATH}" aria-labelledby="new-fault-heading">
<h3 id="new-fault-heading">${kind}</h3><p class="hint">${FAULT_WORDS[kind]}</p>
<input type="hidden" name="kind" value="${kind}">
${own.map(([name, field]) => input(name, field, given))}
<div><label for="field-route">Route</label><select id="field-route" name="route">${option("", "All of the API", given.get("route") ?? "")}${[
    ...ALL_ROUTES,
  ].map((route) => option(route, route, given.get("route") ?? undefined))}</select></div>
<div><label for="field-count">How many requests <span class="hint">or ${ENDLESS}</span></label><input id="field-count" name="count" list="counts" value="${given.get("count") ?? "1"}" pattern="[1-9][0-9]*|${ENDLESS}" required></div>
<div><label for="field-probability">Probability</label><input id="field-probability" name="probability" type="number" min="0" max="1" step="any" value="${given.get("probability") ?? "1"}" required></div>
<datalist id="counts"><option value="1"></option><option value="10"></option><option value="${ENDLESS}"></option></datalist>
<button class="primary">Switch on</button></form>`;
}

/** By what a field holds. */
function input(name: string, { type, required }: Field, given: URLSearchParams): Html {
  const id = `field-${name}`;
  const value = given.get(name) ?? "";
  const label = html`<label for="${id}">${words(name)}${!required && html` <span class="hint">optional</span>`}</label>`;
  const must = required && html` required`;
  if (type === "number") {
    return html`<div>${label}<input id="${id}" name="${name}" type="number" step="any" value="${value}"${must}></div>`;
  }
  if (type === "text") {
    return html`<div>${label}<input id="${id}" name="${name}" value="${value}" autocomplete="off"${must}></div>`;
  }
  const choices = type === "flag" ? ["true", "false"] : type;
  return html`<div>${label}<select id="${id}" name="${name}"${must}>${!required && option("", "default", value)}${choices.map((choice) => option(choice, choice, value))}</select></div>`;
}

/** `retryAfterDate` as a person writes it. */
function words(name: string): string {
  if (name === "ms") return "Time (ms)";
  const text = name.replace(/([a-z])([A-Z])/g, "$1 $2").toLowerCase();
  return text.charAt(0).toUpperCase() + text.slice(1).replace(/\bms$/, "(ms)");
}

/** The fault that a form asks for. Throws a `TypeError` where it is none. */
export function faultOfForm(form: URLSearchParams): Fault {
  const kind = fieldOf(form, "kind");
  const fault: Record<string, unknown> = { kind };
  for (const [name, { type }] of Object.entries(fieldsOf(kind))) {
    const text = fieldOf(form, name);
    if (text === undefined) continue;
    if (type === "flag" && (text === "true" || text === "false")) fault[name] = text === "true";
    else fault[name] = type === "number" && text !== ENDLESS ? Number(text) : text;
  }
  return faultOfJson(fault);
}

function active({ service }: Exchange): Content {
  const list = service.faults.list();
  if (list.length === 0) return html`<p class="empty">No fault is on: everything goes well.</p>`;
  return html`<div class="scroll"><table class="cards" role="table"><caption class="unseen">Faults that are switched on</caption><thead role="rowgroup"><tr role="row">${[
    "Fault",
    "Fields",
    "Route",
    "Probability",
    "Remaining",
    "Switch",
  ].map((heading) => html`<th scope="col" role="columnheader">${heading}</th>`)}</tr></thead>
<tbody role="rowgroup">${list.map(row)}</tbody></table></div>
<form method="post" action="${PATH}/clear"><button id="clear-faults">Switch all off</button></form>`;
}

function row({ id, kind, ordered, remaining, undecided, probability }: PendingFault): Html {
  const own = Object.entries(ordered).filter(([name]) => name !== "kind" && !SCOPE.has(name));
  const count = remaining + undecided;
  return html`<tr role="row"><th scope="row" role="rowheader">${kind}</th>
<td role="cell" data-label="Fields">${own.map(([name, value]) => html`<code>${name}=${String(value)}</code> `)}</td>
<td role="cell" data-label="Route">${ordered.route === undefined || ordered.route === "*" ? "all" : ordered.route}</td>
<td role="cell" data-label="Probability">${probability}</td>
<td role="cell" data-label="Remaining">${Number.isFinite(count) ? count : "all that come"}</td>
<td role="cell" data-label="Switch"><form method="post" action="${PATH}/remove"><button id="remove-fault-${id}" class="small" name="id" value="${id}">Off<span class="unseen">: ${kind}</span></button></form></td></tr>\n`;
}
