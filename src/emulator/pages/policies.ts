import type { Caller } from "../accounts/accounts.js";
import type { EmulatorPolicy } from "../catalogue.js";
import { listPolicies } from "../catalogue.js";
import type { Exchange } from "../http/exchange.js";
import type { Reply } from "../http/reply.js";
import { PAGES_PATH } from "../http/router.js";
import type { Html } from "./html.js";
import { html } from "./html.js";
import { show } from "./layout.js";
import { badge } from "./parts.js";
import { viewerOf } from "./viewer.js";

/** Where a policy's own page is. */
export function policyPath(slug: string): string {
  return `${PAGES_PATH}/policies/${slug}`;
}

/** `GET /ui/policies`. */
export function policies(exchange: Exchange): Reply {
  const main = html`<h1>Signing policies</h1>
<section class="card" aria-label="Signing policies">${policyTable(viewerOf(exchange))}</section>
<section class="card" aria-labelledby="authority-heading"><h2 id="authority-heading">The authority</h2>
<p>One root and one intermediate certificate stand behind all of them, behind the timestamps too: <a href="/ca.pem" download="ca.pem">ca.pem</a> is what a verifier has to trust.</p></section>`;
  return show(exchange, { title: "Signing policies", section: "policies", main });
}

/** Every policy with its certificate to download. */
export function policyTable({ user }: Caller): Html {
  return html`<div class="scroll"><table class="cards" role="table"><caption class="unseen">Signing policies of the project demo</caption>
<thead role="rowgroup"><tr role="row">${["Policy", "Key", "Remarks", "Certificate", "Try it"].map(
    (heading) => html`<th scope="col" role="columnheader">${heading}</th>`,
  )}</tr></thead>
<tbody role="rowgroup">${listPolicies(user.submitter).map(row)}</tbody></table></div>`;
}

export function keyName({ keyType, keySizeInBits, namedCurve }: EmulatorPolicy): string {
  return keyType === "Rsa" ? `RSA ${keySizeInBits}` : `EC ${namedCurve ?? ""}`;
}

function row(policy: EmulatorPolicy): Html {
  const { projectSlug, signingPolicySlug: slug } = policy;
  const path = policyPath(slug);
  return html`<tr role="row"><th scope="row" role="rowheader"><a href="${path}">${projectSlug}/${slug}</a></th>
<td role="cell" data-label="Key">${keyName(policy)}</td>
<td role="cell" data-label="Remarks">${remarks(policy)}</td>
<td role="cell" data-label="Certificate">${downloads(policy)}</td>
<td role="cell" data-label="Try it">${
    isForTest(policy)
      ? html`<a href="${PAGES_PATH}/test?policy=${slug}">Test signature<span class="unseen"> with ${slug}</span></a>`
      : html`<span class="hint">not from here</span>`
  }</td></tr>\n`;
}

export function remarks({ approval, submitter, certificateType }: EmulatorPolicy): readonly Html[] {
  return [
    ...(approval ? [badge("wait", "Needs approval")] : []),
    ...(submitter ? [] : [badge("bad", "No submitter")]),
    ...(certificateType === "X509" ? [] : [badge("quiet", "No X.509 certificate")]),
  ];
}

/** Whether a browser can sign with it in one request, and verify that. */
export function isForTest({ approval, submitter }: EmulatorPolicy): boolean {
  return submitter && !approval;
}

export function downloads({ signingPolicySlug: slug, certificateType }: EmulatorPolicy): Html {
  const path = policyPath(slug);
  const link = (file: string, text: string): Html =>
    html`<a href="${path}/${file}" download>${text}<span class="unseen"> of ${slug}</span></a> `;
  if (certificateType !== "X509")
    return html`<span class="links">${link("public-key.pem", "Public key")}</span>`;
  return html`<span class="links">${[
    link("certificate.pem", "PEM"),
    link("certificate.der", "DER"),
    link("chain.pem", "Chain"),
    link("public-key.pem", "Public key"),
  ]}</span>`;
}
