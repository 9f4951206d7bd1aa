import { signedArtifactRoute, signingRequestRoute } from "../../wire/routes.js";
import { mayRead, refusalOf } from "../accounts/rights.js";
import { ARTIFACT_CONFIGURATION_SLUG, PROJECT_SLUG } from "../catalogue.js";
import type { Exchange, Handler } from "../http/exchange.js";
import { callerOf, sign } from "../http/exchange.js";
import { invalid, problem } from "../http/problem.js";
import { json, Refusal } from "../http/reply.js";
import { pageAddress } from "../http/router.js";
import type { SigningRequest } from "../ledger/signing-request.js";
import { stateOf } from "../ledger/signing-request.js";
import { apiBase } from "../service.js";
import { orderOf } from "../submission/payload.js";

const PROJECT_ID = "90110000-0000-4000-8000-000000000100";
const ARTIFACT_CONFIGURATION_ID = "90110000-0000-4000-8000-000000000200";

/** `GET SigningRequests/{id}`. */
export const signingRequest: Handler = (exchange) => {
  const { service } = exchange;
  const { organization } = callerOf(exchange);
  const found = requestOf(exchange);
  const { id, policy, description } = found;
  return json({
    ...stateOf(found),
    description: description ?? null,
    projectId: PROJECT_ID,
    projectSlug: PROJECT_SLUG,
    projectName: "Emulator demo",
    artifactConfigurationId: ARTIFACT_CONFIGURATION_ID,
    artifactConfigurationSlug: ARTIFACT_CONFIGURATION_SLUG,
    artifactConfigurationName: "Hash signing data",
    signingPolicyId: policy.id,
    signingPolicySlug: policy.slug,
    signingPolicyName: policy.slug,
    unsignedArtifactLink: `${apiBase(service, organization)}/${signingRequestRoute(id)}/UnsignedArtifact`,
    signedArtifactLink: `${apiBase(service, organization)}/${signedArtifactRoute(id)}`,
    webLink: pageAddress(service.origin, organization.id, id),
    parameters: {},
  });
};

/** `GET SigningRequests/{id}/Status`: the short form. */
export const signingRequestStatus: Handler = (exchange) => json(stateOf(requestOf(exchange)));

/** `GET SigningRequests/{id}/SignedArtifact`: the payload and its signature, once there is one. */
export const signedArtifact: Handler = async (exchange) => {
  const found = requestOf(exchange);
  const { status } = stateOf(found);
  if (status !== "Completed") {
    throw invalid("", `The signed artifact is not available: the signing request's status is '${status}'.`);
  }
  const signature = await signatureOf(exchange, found);
  return json({ ...found.payload, Signature: signature }, 200, attachment());
};

/** `GET SigningRequests/{id}/UnsignedArtifact`: the payload. */
export const unsignedArtifact: Handler = (exchange) => json(requestOf(exchange).payload, 200, attachment());

/** `POST SigningRequests/{id}/Cancel`, by whoever may submit to the policy or approve there. */
export const cancelSigningRequest: Handler = (exchange) => {
  const caller = callerOf(exchange);
  const found = requestOf(exchange);
  const reason = refusalOf(caller, found, "canceled");
  if (reason !== undefined) throw new Refusal(problem(403, reason));
  try {
    exchange.service.ledger.decide(found.id, "canceled", { by: caller.user.name });
  } catch (error) {
    if (error instanceof RangeError) throw invalid("", error.message);
    throw error;
  }
  return { status: 204, headers: {}, body: { bytes: Buffer.alloc(0) } };
};

/**
 * The signing request that the path names.
 *
 * @throws Refusal 404 where the organization has none with that id, 403 where the user may not read it
 */
function requestOf(exchange: Exchange): SigningRequest {
  const { destination, service } = exchange;
  const { id = "" } = destination;
  const caller = callerOf(exchange);
  const found = service.ledger.find(id);
  if (found === undefined || found.organizationId !== caller.organization.id.toLowerCase()) {
    throw new Refusal(problem(404, `There is no signing request with id '${id}'.`));
  }
  if (!mayRead(caller, found)) {
    throw new Refusal(problem(403, `You may not read the signing request with id '${id}'.`));
  }
  return found;
}

/** Base64. Made once; a spoilt one is not kept. */
async function signatureOf(exchange: Exchange, found: SigningRequest): Promise<string> {
  if (found.signature !== undefined && exchange.effect?.spoil === undefined) return found.signature;
  const { keys } = callerOf(exchange).organization;
  const key = await keys.certified(found.policy, found.identity);
  const signature = (await sign(exchange, key, orderOf(found.payload))).toString("base64");
  if (!exchange.spoilt && found.signature === undefined) exchange.service.ledger.sign(found, signature);
  return exchange.spoilt ? signature : (found.signature ?? signature);
}

function attachment(): Record<string, string> {
  return { "Content-Disposition": 'attachment; filename="payload.json"' };
}
