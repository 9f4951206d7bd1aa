import { pageAddress } from "../http/router.js";
import type { LogEntry } from "../ledger/entry.js";
import type { Content, Html } from "./html.js";
import { html } from "./html.js";
import { algorithmName, milliseconds, outsideLink, resultBadge, time } from "./parts.js";

/** The path of an entry's page; for a signing request it is what `webLink` opens. */
export function entryPath({ organizationId, id }: Pick<LogEntry, "organizationId" | "id">): string {
  return pageAddress("", organizationId, id);
}

/** A policy with its project, as far as a submission has named one. */
export function policyName({ projectSlug, signingPolicySlug }: LogEntry): string {
  return `${projectSlug ?? "?"}/${signingPolicySlug ?? "?"}`;
}

/** A column: its heading, and what a row has in it. Narrow screens show the heading beside each value. */
type Column = readonly [heading: string, look: string, cell: (entry: LogEntry) => Content];

const COLUMNS: readonly Column[] = [
  ["Result", "", ({ result }) => resultBadge(result)],
  ["Policy", "policy", policyName],
  ["Algorithm", "", algorithmOf],
  ["Hash", "long hash", ({ hash }) => hash && html`<code>${hash}</code>`],
  [
    "Command line",
    "long",
    ({ commandLine }) => commandLine && html`<code title="${commandLine}">${shortened(commandLine)}</code>`,
  ],
  ["User", "", userOf],
  ["Build", "", buildOf],
  ["Duration", "number", ({ durationMs }) => milliseconds(durationMs)],
];

/** A table of audit entries, newest first, which is kept up to date where scripts run. */
export function entryTable(id: string, caption: string, entries: readonly LogEntry[], empty: string): Html {
  if (entries.length === 0) {
    return html`<div id="${id}" data-live><p class="empty">${empty}</p></div>`;
  }
  return html`<div id="${id}" data-live class="scroll"><table class="cards" role="table"><caption class="unseen">${caption}</caption>
<thead role="rowgroup"><tr role="row"><th scope="col" role="columnheader">Time (UTC)</th>${COLUMNS.map(
    ([heading]) => html`<th scope="col" role="columnheader">${heading}</th>`,
  )}</tr></thead>
<tbody role="rowgroup">${entries.map(rowOf)}</tbody></table></div>`;
}

function rowOf(entry: LogEntry): Html {
  const { id, result, submittedAt } = entry;
  return html`<tr role="row" id="row-${id}"${result === "processing" && html` data-unsettled`}>
<th scope="row" role="rowheader"><a id="link-${id}" href="${entryPath(entry)}">${time(submittedAt)}<span class="unseen">, entry ${id.slice(0, 8)}</span></a></th>${COLUMNS.map(
    ([heading, look, cell]) =>
      html`<td role="cell" data-label="${heading}"${look !== "" && html` class="${look}"`}>${cell(entry)}</td>`,
  )}</tr>\n`;
}

/** An algorithm and its hash, which may stand below each other. */
function algorithmOf(entry: LogEntry): Content {
  const parts = algorithmName(entry)?.split(/(?<=,) /) ?? [];
  return html`<span>${parts.map((part) => html`<span class="whole">${part}</span> `)}</span>`;
}

/** The token's user, and the one of the process where that is known. */
function userOf({ user, processUser }: LogEntry): Content {
  const names = [user, processUser].filter((name) => name !== undefined && name !== "");
  return names.join(" · ");
}

/** Without the folders of the program and of its script, which say little and are long. */
export function shortened(commandLine: string): string {
  return commandLine.replace(/^\S*[/\\](\S+)/, "$1").replace(/^(\S+ )\S*[/\\](\S+)/, "$1$2");
}

function buildOf({ build }: LogEntry): Content {
  if (build === undefined) return undefined;
  const text = build.job || build.commit?.slice(0, 10) || build.url;
  return text && outsideLink(build.url, text);
}
