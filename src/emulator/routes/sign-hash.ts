import type { HashSigningPayload, SignHashAnswer } from "../../wire/signing.js";
import { readBody } from "../http/body.js";
import type { Handler } from "../http/exchange.js";
import { identityFor, now, sign } from "../http/exchange.js";
import { json } from "../http/reply.js";
import { pageAddress } from "../http/router.js";
import type { SigningOrder } from "../keys/signing-key.js";
import { policyFor, refuseApproval, refuseMisfit } from "../submission/policy-check.js";
import { assertJson, readSignHashBody } from "../submission/sign-hash-body.js";

/** `POST SigningRequests/SignHash`. */
export const signHash: Handler = async (exchange) => {
  const { request, destination, service } = exchange;
  assertJson(request.headers["content-type"]);
  const bytes = await readBody(request);
  const { order, hash, metadata, ...body } = readSignHashBody(bytes);
  const policy = policyFor(service.catalogue, body.projectSlug, body.signingPolicySlug);
  refuseApproval(policy);
  refuseMisfit(order, policy);
  const identity = await identityFor(exchange, policy);
  const signature = await sign(exchange, identity.key, order);
  const { id } = service.ledger.add({
    policy,
    route: destination.route,
    fast: true,
    order,
    metadata,
    description: body.description,
    echo: payloadOf(order, hash),
    identity,
    submittedAt: now(exchange),
    signature: exchange.spoilt ? undefined : signature,
    size: bytes.length,
  });
  return json({
    signingRequestId: id,
    webLink: pageAddress(service.origin, service.organizationId, id),
    hashSigningData: { hash },
    hashSigningResult: { signature: signature.toString("base64") },
  } satisfies SignHashAnswer);
};

/** The payload that would have asked for the same on the older route: what the signed artifact repeats. */
function payloadOf(order: SigningOrder, hash: string): HashSigningPayload {
  return {
    Base64EncodedHash: hash,
    SignatureAlgorithm: order.algorithm,
    ...(order.algorithm === "Ecdsa"
      ? { EcdsaSignatureFormat: order.format }
      : { RsaHashAlgorithm: order.hashAlgorithm.oid }),
  };
}
