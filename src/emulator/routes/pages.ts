import type { Handler } from "../http/exchange.js";
import { problem } from "../http/problem.js";
import { text } from "../http/reply.js";
import { TIMESTAMP_PATH } from "../http/router.js";
import { assertVisit } from "../pages/access.js";
import { overview } from "../pages/overview.js";
import { requestPage } from "../pages/request.js";

/** `GET /`: a page for a browser, text for everything else. */
export const about: Handler = (exchange) => {
  const { request, service } = exchange;
  if (/\btext\/html\b/.test(request.headers.accept ?? "")) {
    assertVisit(request, service);
    return overview(exchange);
  }
  return text(
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
    { Vary: "Accept" },
  );
};

/** `GET /ca.pem`: what a verifier has to trust and to know. */
export const caCertificates: Handler = ({ service }) =>
  text(service.rootCertificate + service.intermediateCertificate, "application/x-pem-file");

/** The page behind `webLink`: open to whoever knows the signing request's id, as it needs a browser only. */
export const signingRequestPage: Handler = (exchange) => {
  const { destination, request, service } = exchange;
  assertVisit(request, service);
  const found = service.ledger.findLogged(destination.id ?? "");
  if (found === undefined || found.organizationId !== destination.organizationId) return notFound(exchange);
  return requestPage(exchange, found);
};

/** Everything else. */
export const notFound: Handler = () => problem(404, "The emulator has nothing at this address.");
