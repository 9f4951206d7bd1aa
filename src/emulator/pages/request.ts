import type { Exchange } from "../http/exchange.js";
import type { Reply } from "../http/reply.js";
import { PAGES_PATH } from "../http/router.js";
import type { Service } from "../service.js";
import type { SigningRequest } from "../submission/ledger.js";
import { entryOf } from "../submission/ledger.js";
import { verdictForm } from "./approval.js";
import { certificateFacts } from "./certificate.js";
import { requestPath } from "./entries.js";
import type { Content, Html } from "./html.js";
import { html } from "./html.js";
import { show } from "./layout.js";
import { algorithmName, copyable, facts, outsideLink, statusBadge, time } from "./parts.js";
import { policyPath } from "./policies.js";
import type { Row } from "./records.js";
import { rowOf } from "./records.js";
import { fileCommand, REQUEST_FILES, requestFile, verificationCommands } from "./verification.js";
import { wireExchange } from "./wire-exchange.js";

/** The page of a signing request, which `webLink` opens. */
export function requestPage(exchange: Exchange, request: SigningRequest): Reply {
  const { service } = exchange;
  const row = rowOf(entryOf(request));
  const name = `${row.projectSlug}/${row.signingPolicySlug}`;
  const main = html`<p class="crumb"><a href="${PAGES_PATH}/requests">Audit log</a></p><h1>Signing request <span class="id">${row.id}</span></h1>
<div id="standing" data-live>${standing(service, row)}</div>
<section class="card" aria-labelledby="what-heading"><h2 id="what-heading">What was asked</h2>
${facts([
  ["Policy", html`<a href="${policyPath(row.signingPolicySlug)}">${name}</a>`],
  ["Algorithm", algorithmName(row)],
  ["Hash", html`<code>${row.hash}</code>`],
  ["Route", ROUTE_NAMES.get(row.route) ?? row.route],
  ["Description", row.description],
])}</section>
<section class="card" aria-labelledby="where-heading"><h2 id="where-heading">Where it came from</h2>
${facts([
  ["Command line", row.commandLine && html`<code>${row.commandLine}</code>`],
  ["User of the process", row.processUser],
  ["Build", row.build?.url && outsideLink(row.build.url, row.build.url)],
  ["Commit", row.build?.commit && html`<code>${row.build.commit}</code>`],
  ["Job", row.build?.job],
])}
${row.metadata === undefined ? html`<p class="hint">It came without metadata.</p>` : copyable("metadata", "Metadata", JSON.stringify(row.metadata, undefined, 2))}</section>
<div id="signature" data-live>${signature(service, request, row)}</div>
${certificate(request)}
${wireExchange(row)}`;
  return show(exchange, { title: `Signing request ${row.id}`, section: "requests", main, scripts: ["live"] });
}

const ROUTE_NAMES: ReadonlyMap<string, string> = new Map([
  ["signingRequests", "POST SigningRequests"],
  ["submitWithArtifact", "POST SigningRequests/SubmitWithArtifact"],
  ["signHash", "POST SigningRequests/SignHash"],
]);

function standing(service: Service, row: Row): Html {
  const open = row.status === "WaitingForApproval";
  const unsettled = row.status === "InProgress";
  const back = requestPath(service, row.id);
  return html`<section class="card${open && " attention"}" aria-labelledby="standing-heading"${unsettled && html` data-unsettled`}>
<div class="headline"><h2 id="standing-heading">${statusBadge(row.status)}</h2><p class="hint">Submitted ${time(row.submittedAt)} UTC${row.fast ? ", fast: answered with its signature" : ", asynchronous"}</p></div>
${open && verdictForm(row, back)}
${(open || unsettled) && stopForm(row, back)}</section>`;
}

/** What the service itself could do with it. */
function stopForm({ id }: Row, back: string): Html {
  return html`<form class="verdict" method="post" action="${PAGES_PATH}/requests/${id}/decide">
<input type="hidden" name="return" value="${back}">
<button id="cancel-${id}" name="verdict" value="cancel">Cancel it</button>
<button id="fail-${id}" name="verdict" value="fail">Let it fail</button></form>`;
}

function signature(service: Service, request: SigningRequest, { status }: Row): Content {
  if (status !== "Completed") return undefined;
  const { signature: bytes } = request;
  const heading = html`<h2 id="signature-heading">Signature</h2>`;
  if (bytes === undefined) {
    return html`<section class="card" aria-labelledby="signature-heading">${heading}<p class="hint">It is not kept: either nobody has fetched it yet, or a fault spoilt the one that was sent.</p></section>`;
  }
  const links = REQUEST_FILES.filter((file) => requestFile(request, file) !== undefined).map(
    (file) => html`<a href="${PAGES_PATH}/requests/${request.id}/${file}" download>${file}</a> `,
  );
  return html`<section class="card" aria-labelledby="signature-heading"><div class="headline">${heading}<span class="links">${links}</span></div>
${copyable("signature-base64", "Signature in Base64", bytes.toString("base64"))}
<h3>Verify it with openssl</h3>
${copyable("verify-hash", "Commands that verify the signature", verificationCommands(service, request))}
<p>Or against the file that was hashed, if it is yours:</p>
${copyable("verify-file", "Command that verifies a file", fileCommand(request))}</section>`;
}

function certificate({ identity }: SigningRequest): Content {
  if (identity.certificate === undefined) return undefined;
  return html`<section class="card" aria-labelledby="certificate-heading"><h2 id="certificate-heading">Certificate at the time</h2>${certificateFacts(identity.certificate)}</section>`;
}
