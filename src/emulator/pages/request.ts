import type { Caller } from "../accounts/accounts.js";
import type { Exchange } from "../http/exchange.js";
import type { Reply } from "../http/reply.js";
import { PAGES_PATH } from "../http/router.js";
import type { LogEntry } from "../ledger/entry.js";
import type { Logged, SigningRequest } from "../ledger/signing-request.js";
import { isSigningRequest, logEntryOf } from "../ledger/signing-request.js";
import type { Service } from "../service.js";
import { certificateFacts } from "./certificate.js";
import { policyName } from "./entries.js";
import type { Content, Html } from "./html.js";
import { html } from "./html.js";
import { show } from "./layout.js";
import { algorithmName, copyable, facts, milliseconds, outsideLink } from "./parts.js";
import { policyPath } from "./policies.js";
import { standing } from "./standing.js";
import { fileCommand, REQUEST_FILES, requestFile, verificationCommands } from "./verification.js";
import { viewerOf } from "./viewer.js";
import { wireExchange } from "./wire-exchange.js";

const ROUTE_NAMES: ReadonlyMap<string, string> = new Map([
  ["signingRequests", "POST SigningRequests"],
  ["submitWithArtifact", "POST SigningRequests/SubmitWithArtifact"],
  ["signHash", "POST SigningRequests/SignHash"],
]);

/** The page of an entry of the audit log; for a signing request `webLink` opens it. */
export function requestPage(exchange: Exchange, logged: Logged): Reply {
  const { service } = exchange;
  const viewer = viewerOf(exchange);
  const entry = logEntryOf(logged);
  const what = entry.result === "refused" ? "Refused submission" : "Signing request";
  const main = html`<p class="crumb"><a href="${PAGES_PATH}/requests">Audit log</a></p><h1>${what}</h1><p class="id">${entry.id}</p>
<div id="standing" data-live>${standing(viewer, entry)}</div>
${asked(viewer, entry)}
${origin(entry)}
<div id="signature" data-live>${isSigningRequest(logged) && signature(service, logged, entry)}</div>
${isSigningRequest(logged) && certificate(logged)}
${wireExchange(service.exchanges.find(entry.id))}`;
  return show(exchange, { title: `${what} ${entry.id}`, section: "requests", main, scripts: ["live"] });
}

function asked({ organization }: Caller, entry: LogEntry): Html {
  const { signingPolicySlug: slug, hash, user, route, description, durationMs } = entry;
  const isOurs = organization.id.toLowerCase() === entry.organizationId;
  const name = policyName(entry);
  return html`<section class="card" aria-labelledby="what-heading"><h2 id="what-heading">What was asked</h2>
${facts([
  [
    "Policy",
    isOurs && slug !== undefined && /^[a-z0-9-]+$/.test(slug)
      ? html`<a href="${policyPath(slug)}">${name}</a>`
      : name,
  ],
  ["Algorithm", algorithmName(entry)],
  ["Hash", hash && html`<code>${hash}</code>`],
  ["Route", ROUTE_NAMES.get(route) ?? route],
  ["User of the token", user],
  ["Answered after", milliseconds(durationMs)],
  ["Description", description],
])}</section>`;
}

function origin({ commandLine, processUser, build, metadata }: LogEntry): Html {
  return html`<section class="card" aria-labelledby="where-heading"><h2 id="where-heading">Where it came from</h2>
${facts([
  ["Command line", commandLine && html`<code>${commandLine}</code>`],
  ["User of the process", processUser],
  ["Build", build?.url && outsideLink(build.url, build.url)],
  ["Commit", build?.commit && html`<code>${build.commit}</code>`],
  ["Job", build?.job],
])}
${metadata === undefined ? html`<p class="hint">It came without metadata.</p>` : html`<h3>Metadata</h3>${copyable("metadata", "Metadata", JSON.stringify(metadata, undefined, 2))}`}</section>`;
}

function signature(service: Service, request: SigningRequest, { result }: LogEntry): Content {
  if (result !== "signed") return undefined;
  const { signature: base64, id } = request;
  const heading = html`<h2 id="signature-heading">Signature</h2>`;
  if (base64 === undefined) {
    return html`<section class="card" aria-labelledby="signature-heading">${heading}<p class="hint">It is not kept: either nobody has fetched it yet, or a fault spoilt the one that was sent.</p></section>`;
  }
  const files = REQUEST_FILES.filter((file) => requestFile(request, file) !== undefined);
  const links = files.map(
    (file) => html`<a href="${PAGES_PATH}/requests/${id}/${file}" download>${file}</a> `,
  );
  return html`<section class="card" aria-labelledby="signature-heading"><div class="headline">${heading}<span class="links">${links}</span></div>
${copyable("signature-base64", "Signature in Base64", base64)}
${
  files.includes("public-key.pem") &&
  html`<h3>Verify it with openssl</h3>
${copyable("verify-hash", "Commands that verify the signature", verificationCommands(service, request))}
<p>Or against the file that was hashed, if it is yours:</p>
${copyable("verify-file", "Command that verifies a file", fileCommand(request))}`
}</section>`;
}

function certificate({ identity }: SigningRequest): Content {
  if (identity.certificate === undefined) return undefined;
  return html`<section class="card" aria-labelledby="certificate-heading"><h2 id="certificate-heading">Certificate at the time</h2>${certificateFacts(identity.certificate)}</section>`;
}
