import type { Caller } from "../accounts/accounts.js";
import { PAGES_PATH } from "../http/router.js";
import type { LogEntry } from "../ledger/entry.js";
import type { AuditLogPage } from "../ledger/query.js";
import { entryPath, policyName, shortened } from "./entries.js";
import type { Content, Html } from "./html.js";
import { html } from "./html.js";
import { algorithmName, time } from "./parts.js";

/** The signing requests that wait for somebody. */
export function waitingList(viewer: Caller, { entries, next }: AuditLogPage): Html {
  if (entries.length === 0) return html``;
  const more =
    next !== undefined && html`<p><a href="${PAGES_PATH}/requests?result=pending">All that wait</a></p>`;
  return html`<section class="card attention" aria-labelledby="waiting-heading"><h2 id="waiting-heading">Waiting for approval</h2>
<ul class="waiting">${entries.map(
    (
      entry,
    ) => html`<li id="waiting-${entry.id}"><div><p><a id="waiting-link-${entry.id}" href="${entryPath(entry)}">${policyName(entry)}, ${time(entry.submittedAt)}</a></p>
<p class="hint">${algorithmName(entry)}${entry.commandLine !== undefined && html` · <code>${shortened(entry.commandLine)}</code>`}${entry.description !== undefined && html` · ${entry.description}`}</p></div>
${verdictForm(viewer, entry, "/")}</li>`,
  )}</ul>${more}</section>`;
}

/** Approve or deny, with a reason, for who may. */
export function verdictForm({ user }: Caller, entry: LogEntry, back: string): Content {
  const { id, signingPolicySlug = "" } = entry;
  if (!user.approver.has(signingPolicySlug)) {
    return html`<p class="hint">The user ${user.name} is no approver of this policy.</p>`;
  }
  return html`<form class="verdict" method="post" action="${PAGES_PATH}/requests/${id}/decide">
<input type="hidden" name="return" value="${back}">
<label for="reason-${id}">Reason</label><input id="reason-${id}" name="reason" maxlength="1000" autocomplete="off" placeholder="optional">
<button id="approve-${id}" class="good" name="verdict" value="approve">Approve</button>
<button id="deny-${id}" class="bad" name="verdict" value="deny">Deny</button></form>`;
}
