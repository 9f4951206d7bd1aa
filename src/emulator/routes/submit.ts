import { signingRequestRoute } from "../../wire/routes.js";
import type { HashSigningAnswer } from "../../wire/signing.js";
import { readBody } from "../http/body.js";
import type { Handler } from "../http/exchange.js";
import { identityFor, now, sign } from "../http/exchange.js";
import { json } from "../http/reply.js";
import { pageAddress } from "../http/router.js";
import { apiBase } from "../service.js";
import { boundaryOf, readForm } from "../submission/form.js";
import { readPayload } from "../submission/payload.js";
import { policyFor, refuseApproval, refuseMisfit } from "../submission/policy-check.js";

/**
 * `POST SigningRequests` and `POST SigningRequests/SubmitWithArtifact`: a fast signing request is answered
 * with the signature, another one with its id.
 */
export const submit: Handler = async (exchange) => {
  const { request, destination, service } = exchange;
  const boundary = boundaryOf(request.headers["content-type"]);
  const body = await readBody(request);
  const form = readForm(body, boundary);
  const policy = policyFor(service.catalogue, form.projectSlug, form.signingPolicySlug);
  const { order, metadata, echo } = readPayload(form.artifact);
  if (form.fast) refuseApproval(policy);
  refuseMisfit(order, policy);
  const identity = await identityFor(exchange, policy);
  const signature = form.fast ? await sign(exchange, identity.key, order) : undefined;
  const { id } = service.ledger.add({
    policy,
    route: destination.route,
    fast: form.fast,
    order,
    metadata,
    description: form.description,
    echo,
    identity,
    submittedAt: now(exchange),
    signature: exchange.spoilt ? undefined : signature,
    size: body.length,
  });
  if (signature !== undefined) {
    return json({ ...echo, Signature: signature.toString("base64") } satisfies HashSigningAnswer);
  }
  const webLink = pageAddress(service.origin, service.organizationId, id);
  const location = `${apiBase(service)}/${signingRequestRoute(id)}`;
  return json({ signingRequestId: id, webLink }, 201, { Location: location });
};
