import type { EmulatorPolicy } from "../catalogue.js";
import { listPolicies } from "../catalogue.js";
import type { Exchange } from "../http/exchange.js";
import type { Reply } from "../http/reply.js";
import { PAGES_PATH } from "../http/router.js";
import type { Html } from "./html.js";
import { html } from "./html.js";
import { show } from "./layout.js";
import { option } from "./parts.js";
import { isForTest, keyName, policyPath } from "./policies.js";
import { viewerOf } from "./viewer.js";

/** Where the page's own signing requests go: the session stands for the token there. */
export const TEST_API: string = `${PAGES_PATH}/api/signingrequests`;

/** `GET /ui/test`: a signature that the browser asks for and verifies. */
export function testSignature(exchange: Exchange): Reply {
  const { user } = viewerOf(exchange);
  const usable = listPolicies(user.submitter).filter(isForTest);
  const wanted = new URLSearchParams(exchange.query).get("policy");
  const chosen = usable.find(({ signingPolicySlug }) => signingPolicySlug === wanted) ?? usable[0];
  const main = html`<h1>Test signature</h1>
<p>The browser hashes a text, asks for a signature of the hash as a fast signing request, and verifies the answer against the policy's public key, all by WebCrypto. Faults and the rate limit meet it like any client.</p>
<noscript><p class="notice bad">This needs JavaScript, because the browser is what signs and verifies here.</p></noscript>
${chosen === undefined ? html`<p class="empty">There is no policy to which the user ${user.name} may submit.</p>` : form(usable, chosen)}
<section class="card" aria-labelledby="steps-heading"><h2 id="steps-heading">Steps</h2><ol id="steps" class="log" aria-live="polite"><li class="empty">None yet.</li></ol></section>`;
  return show(exchange, { title: "Test signature", section: "test", main, scripts: ["test-signature"] });
}

function form(usable: readonly EmulatorPolicy[], chosen: EmulatorPolicy): Html {
  return html`<section class="card" aria-label="What to sign"><form class="fields" id="test" data-api="${TEST_API}">
<div><label for="policy">Policy</label><select id="policy" name="policy">${usable.map(
    (policy) =>
      html`<option value="${policy.signingPolicySlug}" data-project="${policy.projectSlug}" data-type="${policy.keyType}" data-curve="${policy.namedCurve}" data-key="${policyPath(policy.signingPolicySlug)}/public-key.der"${policy === chosen && html` selected`}>${policy.signingPolicySlug} (${keyName(policy)})</option>`,
  )}</select></div>
<div><label for="scheme">Scheme</label><select id="scheme" name="scheme">
<option value="RsaPkcs1" data-type="Rsa">RSASSA-PKCS1-v1_5</option><option value="RsaPss" data-type="Rsa">RSA-PSS</option><option value="Ecdsa" data-type="Ecdsa">ECDSA</option></select></div>
<div><label for="hash">Hash</label><select id="hash" name="hash">${["SHA-256", "SHA-384", "SHA-512"].map((name) => option(name, name, "SHA-256"))}</select></div>
<div class="grow"><label for="text">Text</label><input id="text" name="text" value="Hello from the browser" autocomplete="off"></div>
<button class="primary" id="sign">Sign and verify</button></form></section>`;
}
