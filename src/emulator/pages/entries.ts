import { pageAddress } from "../http/router.js";
import type { Service } from "../service.js";
import type { Content, Html } from "./html.js";
import { html } from "./html.js";
import { algorithmName, outsideLink, statusBadge, time } from "./parts.js";
import type { Row } from "./records.js";

/** The path of a signing request's page, which is what `webLink` opens. */
export function requestPath({ organizationId }: Pick<Service, "organizationId">, id: string): string {
  return pageAddress("", organizationId, id);
}

/** A column: its heading, and what a row has in it. Narrow screens show the heading beside each value. */
type Column = readonly [heading: string, look: string, cell: (row: Row) => Content];

const COLUMNS: readonly Column[] = [
  ["Policy", "", (row) => `${row.projectSlug}/${row.signingPolicySlug}`],
  ["Algorithm", "", algorithmName],
  ["Hash", "long", ({ hash }) => html`<code>${hash}</code>`],
  [
    "Command line",
    "long",
    ({ commandLine }) => commandLine && html`<code title="${commandLine}">${shortened(commandLine)}</code>`,
  ],
  ["User", "", ({ processUser }) => processUser],
  ["Build", "", buildOf],
  ["Result", "", ({ status }) => statusBadge(status)],
];

/** A table of audit entries, newest first, which is kept up to date where scripts run. */
export function entryTable(
  service: Service,
  id: string,
  caption: string,
  rows: readonly Row[],
  empty: string,
): Html {
  if (rows.length === 0) {
    return html`<div id="${id}" data-live><p class="empty">${empty}</p></div>`;
  }
  return html`<div id="${id}" data-live class="scroll"><table class="cards" role="table"><caption class="unseen">${caption}</caption>
<thead role="rowgroup"><tr role="row"><th scope="col" role="columnheader">Time (UTC)</th>${COLUMNS.map(
    ([heading]) => html`<th scope="col" role="columnheader">${heading}</th>`,
  )}</tr></thead>
<tbody role="rowgroup">${rows.map((row) => rowOf(service, row))}</tbody></table></div>`;
}

function rowOf(service: Service, row: Row): Html {
  const unsettled = row.status === "InProgress";
  return html`<tr role="row" id="row-${row.id}"${unsettled && html` data-unsettled`}>
<th scope="row" role="rowheader"><a id="link-${row.id}" href="${requestPath(service, row.id)}">${time(row.submittedAt)}<span class="unseen">, signing request ${row.id.slice(0, 8)}</span></a></th>${COLUMNS.map(
    ([heading, look, cell]) =>
      html`<td role="cell" data-label="${heading}"${look !== "" && html` class="${look}"`}>${cell(row) ?? ""}</td>`,
  )}</tr>\n`;
}

/** Without the folders of the program and of its script, which say little and are long. */
function shortened(commandLine: string): string {
  return commandLine.replace(/^\S*[/\\](\S+)/, "$1").replace(/^(\S+ )\S*[/\\](\S+)/, "$1$2");
}

function buildOf({ build }: Row): Content {
  if (build === undefined) return undefined;
  const text = build.job ?? build.commit?.slice(0, 10) ?? build.url;
  return text && outsideLink(build.url, text);
}
