import type { Caller } from "../accounts/accounts.js";
import { PAGES_PATH } from "../http/router.js";
import type { Decision, LogEntry } from "../ledger/entry.js";
import { verdictForm } from "./approval.js";
import { entryPath } from "./entries.js";
import type { Content, Html } from "./html.js";
import { html } from "./html.js";
import { resultBadge, time } from "./parts.js";

const VERDICTS: Readonly<Record<Decision["verdict"], string>> = {
  approved: "Approved",
  denied: "Denied",
  canceled: "Cancelled",
  failed: "Made to fail",
  expired: "Expired",
};

/** Where an entry stands, who has decided what, and what can be decided now. */
export function standing(viewer: Caller, entry: LogEntry): Html {
  const { result, submittedAt, fast } = entry;
  const back = entryPath(entry);
  const isPending = result === "pending";
  const isOpen = isPending || result === "processing";
  return html`<section class="card${isPending && " attention"}" aria-labelledby="standing-heading"${result === "processing" && html` data-unsettled`}>
<div class="headline"><h2 id="standing-heading">${resultBadge(result)}</h2><p class="hint">Submitted ${time(submittedAt)} UTC, ${fast ? "to be signed at once" : "to be signed later"}</p></div>
${entry.result === "refused" && html`<p>Answered with ${entry.refusal.status}: ${entry.refusal.problem}</p>`}
${entry.result !== "refused" && decisions(entry.decisions, entry.approvalsNeeded)}
${isPending && verdictForm(viewer, entry, back)}
${isOpen && stopForm(entry, back)}</section>`;
}

function decisions(made: readonly Decision[], needed: number): Content {
  const approvals = made.filter(({ verdict }) => verdict === "approved").length;
  const progress = needed > 1 && html`<p class="hint">${approvals} of ${needed} approvals</p>`;
  if (made.length === 0) return progress;
  return html`${progress}<ul class="decisions">${made.map(
    ({ verdict, by, at, comment }) =>
      html`<li>${VERDICTS[verdict]} ${time(at)}${by !== undefined && html` by <b>${by}</b>`}${comment !== undefined && html`: ${comment}`}</li>`,
  )}</ul>`;
}

/** What the service itself could do with it. */
function stopForm({ id }: LogEntry, back: string): Html {
  return html`<form class="verdict" method="post" action="${PAGES_PATH}/requests/${id}/decide">
<input type="hidden" name="return" value="${back}">
<button id="cancel-${id}" name="verdict" value="cancel">Cancel it</button>
<button id="fail-${id}" name="verdict" value="fail">Let it fail</button></form>`;
}
