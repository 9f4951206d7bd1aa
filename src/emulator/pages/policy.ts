import type { EmulatorPolicy } from "../catalogue.js";
import { listPolicies, requirePolicy } from "../catalogue.js";
import type { Exchange } from "../http/exchange.js";
import type { Reply } from "../http/reply.js";
import { PAGES_PATH } from "../http/router.js";
import type { Identity } from "../keys/identity.js";
import { pemOf } from "../keys/pem.js";
import type { Service } from "../service.js";
import { certificateFacts } from "./certificate.js";
import type { Html } from "./html.js";
import { html } from "./html.js";
import { show } from "./layout.js";
import { facts, option } from "./parts.js";
import { downloads, isForTest, keyName, policyPath, remarks } from "./policies.js";
import { download } from "./replies.js";
import { viewerOf } from "./viewer.js";

/** The policy that a path names, as far as there is one. */
export function policyCalled(exchange: Exchange, slug: string): EmulatorPolicy | undefined {
  return listPolicies(viewerOf(exchange).user.submitter).find(
    ({ signingPolicySlug }) => signingPolicySlug === slug,
  );
}

/** `GET /ui/policies/{slug}`. */
export async function policy(exchange: Exchange, found: EmulatorPolicy, error?: string): Promise<Reply> {
  const slug = found.signingPolicySlug;
  const { user, organization } = viewerOf(exchange);
  const { certificate } = await organization.keys.identity(requirePolicy(slug));
  const name = `${found.projectSlug}/${slug}`;
  const main = html`<p class="crumb"><a href="${PAGES_PATH}/policies">Policies</a></p><h1>${name}</h1>
${remarks(found).length > 0 && html`<p class="state">${remarks(found)}</p>`}
<section class="card" aria-labelledby="certificate-heading"><div class="headline"><h2 id="certificate-heading">${certificate === undefined ? "Key" : "Certificate"}</h2>${downloads(found)}</div>
${facts([
  ["Key", keyName(found)],
  ["Policy id", html`<code>${found.signingPolicyId}</code>`],
])}
${certificate !== undefined && certificateFacts(certificate)}
${isForTest(found) && html`<p><a class="button" href="${PAGES_PATH}/test?policy=${slug}">Make a test signature</a></p>`}</section>
${certificate !== undefined && rotation(slug)}
${submitter(found, user.name)}`;
  return show(exchange, {
    title: name,
    section: "policies",
    main,
    ...(error !== undefined && { error, status: 400 }),
  });
}

function rotation(slug: string): Html {
  return html`<section class="card" aria-labelledby="rotation-heading"><h2 id="rotation-heading">Another certificate</h2>
<p>What comes next meets the new one. A client that knows the old one has to notice.</p>
<form class="fields" method="post" action="${policyPath(slug)}/rotate">
<div><label for="key">Key</label><select id="key" name="newKey">${option("true", "A new one", "true")}${option("false", "The same", "true")}</select></div>
<div><label for="validity">Valid</label><select id="validity" name="validity">${option("now", "Now", "now")}${option("over", "No longer", "now")}${option("later", "Not yet", "now")}</select></div>
<button>Rotate</button></form></section>`;
}

function submitter({ signingPolicySlug: slug, submitter: may }: EmulatorPolicy, name: string): Html {
  return html`<section class="card" aria-labelledby="submitter-heading"><h2 id="submitter-heading">Right to submit</h2>
<p>The user ${name} ${may ? "may submit to this policy." : "may not: the policy is not listed for that token, and a signing request is answered with 403."}</p>
<form method="post" action="${policyPath(slug)}/submitter"><button name="submitter" value="${may ? "false" : "true"}">${may ? "Take the right" : "Give the right"}</button></form></section>`;
}

type FileMaker = (identity: Identity, service: Service) => readonly [type: string, bytes: Buffer] | undefined;

const PEM = "application/x-pem-file";

const FILES: ReadonlyMap<string, FileMaker> = new Map<string, FileMaker>([
  ["certificate.pem", ({ certificate }) => certificate && [PEM, pemBytes(certificate)]],
  ["certificate.der", ({ certificate }) => certificate && ["application/pkix-cert", certificate]],
  [
    "chain.pem",
    ({ certificate }, { intermediateCertificate, rootCertificate }) =>
      certificate && [
        PEM,
        Buffer.concat([pemBytes(certificate), Buffer.from(intermediateCertificate + rootCertificate)]),
      ],
  ],
  [
    "public-key.pem",
    ({ key }) => [PEM, Buffer.from(key.publicKey.export({ format: "pem", type: "spki" }).toString())],
  ],
  [
    "public-key.der",
    ({ key }) => ["application/octet-stream", key.publicKey.export({ format: "der", type: "spki" })],
  ],
]);

/** `GET /ui/policies/{slug}/{file}`. */
export async function policyFile(
  exchange: Exchange,
  found: EmulatorPolicy,
  file: string,
): Promise<Reply | undefined> {
  const slug = found.signingPolicySlug;
  const identity = await viewerOf(exchange).organization.keys.identity(requirePolicy(slug));
  const made = FILES.get(file)?.(identity, exchange.service);
  return made && download(`${slug}-${file}`, ...made);
}

function pemBytes(certificate: Buffer): Buffer {
  return Buffer.from(pemOf("CERTIFICATE", certificate));
}
