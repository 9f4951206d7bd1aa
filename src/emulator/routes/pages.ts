import type { Handler } from "../http/exchange.js";
import { problem } from "../http/problem.js";
import { text } from "../http/reply.js";
import { TIMESTAMP_PATH } from "../http/router.js";
import { entryOf } from "../ledger/signing-request.js";

const NO_SCRIPTS = { "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'" };
const STYLE =
  "body{font:1rem/1.5 system-ui;margin:2rem}th{text-align:left;padding-right:2rem;vertical-align:top}";

/** `GET /`. */
export const about: Handler = ({ service }) =>
  text(
    [
      "An emulator of SignPath's hash signing API, for development and tests. Its keys protect nothing.",
      "",
      `API:           ${service.origin}/Api`,
      ...service.accounts.organizations.map(({ id }) => `Organization:  ${id}`),
      `Certificates:  ${service.origin}/ca.pem`,
      `Timestamps:    ${service.origin}${TIMESTAMP_PATH}`,
      "",
    ].join("\n"),
    "text/plain; charset=utf-8",
  );

/** `GET /ca.pem`: what a verifier has to trust and to know. */
export const caCertificates: Handler = ({ service }) =>
  text(service.rootCertificate + service.intermediateCertificate, "application/x-pem-file");

/** The page behind `webLink`: open to whoever knows the signing request's id, as it needs a browser only. */
export const signingRequestPage: Handler = (exchange) => {
  const { destination, service } = exchange;
  const found = service.ledger.find(destination.id ?? "");
  if (found === undefined || found.organizationId !== destination.organizationId) return notFound(exchange);
  const entry = entryOf(found);
  const rows = Object.entries({
    Id: entry.id,
    Status: entry.status,
    Project: entry.projectSlug,
    "Signing policy": entry.signingPolicySlug,
    Submitted: entry.submittedAt.toISOString(),
    Route: entry.route,
    "Signature algorithm": entry.algorithm,
    "Hash algorithm": entry.hashAlgorithm ?? "",
    Hash: entry.hash,
    Description: entry.description ?? "",
    Metadata: entry.metadata === undefined ? "" : JSON.stringify(entry.metadata, undefined, 2),
  });
  const table = rows.map(([name, value]) => `<tr><th>${name}</th><td><pre>${escaped(value)}</pre></td></tr>`);
  const head = `<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>Signing request</title><style>${STYLE}</style></head>`;
  const html = `${head}<body><h1>Signing request</h1><table>${table.join("")}</table></body></html>\n`;
  return text(html, "text/html; charset=utf-8", NO_SCRIPTS);
};

/** Everything else. */
export const notFound: Handler = () => problem(404, "The emulator has nothing at this address.");

function escaped(value: string): string {
  return value.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
