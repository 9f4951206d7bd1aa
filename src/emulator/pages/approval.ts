import { PAGES_PATH } from "../http/router.js";
import type { Service } from "../service.js";
import { requestPath } from "./entries.js";
import type { Html } from "./html.js";
import { html } from "./html.js";
import { algorithmName, time } from "./parts.js";
import type { Row, Rows } from "./records.js";

/** The signing requests that wait for somebody. */
export function waitingList(service: Service, { rows, before }: Rows): Html {
  if (rows.length === 0) return html``;
  const more =
    before !== undefined &&
    html`<p><a href="${PAGES_PATH}/requests?status=WaitingForApproval">All that wait</a></p>`;
  return html`<section class="card attention" aria-labelledby="waiting-heading"><h2 id="waiting-heading">Waiting for approval</h2>
<ul class="waiting">${rows.map(
    (
      row,
    ) => html`<li id="waiting-${row.id}"><div><p><a id="waiting-link-${row.id}" href="${requestPath(service, row.id)}">${row.projectSlug}/${row.signingPolicySlug}, ${time(row.submittedAt)}</a></p>
<p class="hint">${algorithmName(row)}${row.commandLine !== undefined && html` · <code>${row.commandLine}</code>`}${row.description !== undefined && html` · ${row.description}`}</p></div>
${verdictForm(row, "/")}</li>`,
  )}</ul>${more}</section>`;
}

/** Approve or deny, with a reason. */
export function verdictForm({ id }: Row, back: string): Html {
  return html`<form class="verdict" method="post" action="${PAGES_PATH}/requests/${id}/decide">
<input type="hidden" name="return" value="${back}">
<label for="reason-${id}">Reason</label><input id="reason-${id}" name="reason" maxlength="500" autocomplete="off" placeholder="optional">
<button id="approve-${id}" class="good" name="verdict" value="approve">Approve</button>
<button id="deny-${id}" class="bad" name="verdict" value="deny">Deny</button></form>`;
}
