import { signingRequestRoute } from "../../wire/routes.js";
import type { HashSigningAnswer } from "../../wire/signing.js";
import { readBody } from "../http/body.js";
import type { Handler } from "../http/exchange.js";
import { callerOf, identityFor, logSubmission, sign } from "../http/exchange.js";
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
  const { request, service } = exchange;
  const caller = callerOf(exchange);
  const boundary = boundaryOf(request.headers["content-type"]);
  exchange.body = await readBody(request);
  const { projectSlug, signingPolicySlug, fast, description, artifact } = readForm(exchange.body, boundary);
  exchange.attempt = { projectSlug, signingPolicySlug, fast, description };
  const policy = policyFor(caller, projectSlug, signingPolicySlug);
  const { order, metadata, echo } = readPayload(artifact);
  exchange.attempt = { ...exchange.attempt, payload: echo, metadata };
  if (fast) refuseApproval(policy);
  refuseMisfit(order, policy);
  const identity = await identityFor(exchange, policy);
  const signature = fast ? (await sign(exchange, identity.key, order)).toString("base64") : undefined;
  const logged = logSubmission(exchange, { payload: echo, policy, identity, signature });
  if (signature !== undefined) {
    return json({ ...echo, Signature: signature } satisfies HashSigningAnswer);
  }
  const webLink = pageAddress(service.origin, caller.organization.id, logged.id);
  const location = `${apiBase(service, caller.organization)}/${signingRequestRoute(logged.id)}`;
  return json({ signingRequestId: logged.id, webLink }, 201, { Location: location });
};
