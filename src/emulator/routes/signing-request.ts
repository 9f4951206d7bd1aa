import { signedArtifactRoute, signingRequestRoute } from "../../wire/routes.js";
import { ARTIFACT_CONFIGURATION_SLUG, PROJECT_SLUG } from "../catalogue.js";
import type { Exchange, Handler } from "../http/exchange.js";
import { sign } from "../http/exchange.js";
import { invalid, problem } from "../http/problem.js";
import { json, Refusal } from "../http/reply.js";
import { pageAddress } from "../http/router.js";
import { apiBase } from "../service.js";
import type { SigningRequest } from "../submission/ledger.js";
import { stateOf } from "../submission/ledger.js";

const PROJECT_ID = "90110000-0000-4000-8000-000000000100";
const ARTIFACT_CONFIGURATION_ID = "90110000-0000-4000-8000-000000000200";

/** `GET SigningRequests/{id}`. */
export const signingRequest: Handler = (exchange) => {
  const { service } = exchange;
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
    unsignedArtifactLink: `${apiBase(service)}/${signingRequestRoute(id)}/UnsignedArtifact`,
    signedArtifactLink: `${apiBase(service)}/${signedArtifactRoute(id)}`,
    webLink: pageAddress(service.origin, service.organizationId, id),
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
  return json({ ...found.echo, Signature: signature.toString("base64") }, 200, attachment());
};

/** `GET SigningRequests/{id}/UnsignedArtifact`: the payload. */
export const unsignedArtifact: Handler = (exchange) => json(requestOf(exchange).echo, 200, attachment());

/**
 * The signing request that the path names.
 *
 * @throws Refusal 404
 */
export function requestOf({ destination: { id = "" }, service }: Exchange): SigningRequest {
  const found = service.ledger.find(id);
  if (found === undefined) throw new Refusal(problem(404, `There is no signing request with id '${id}'.`));
  return found;
}

/** Made once; a spoilt one is not kept. */
async function signatureOf(exchange: Exchange, found: SigningRequest): Promise<Buffer> {
  if (found.signature !== undefined && exchange.effect?.spoil === undefined) return found.signature;
  const signature = await sign(exchange, found.identity.key, found.order);
  if (!exchange.spoilt) found.signature ??= signature;
  return exchange.spoilt ? signature : (found.signature ?? signature);
}

function attachment(): Record<string, string> {
  return { "Content-Disposition": 'attachment; filename="payload.json"' };
}
