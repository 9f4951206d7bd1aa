import type { HashSigningPayload, SignHashAnswer } from "../../wire/signing.js";
import { readBody } from "../http/body.js";
import type { Handler } from "../http/exchange.js";
import { callerOf, identityFor, logSubmission, sign } from "../http/exchange.js";
import { json } from "../http/reply.js";
import { pageAddress } from "../http/router.js";
import type { SigningOrder } from "../keys/signing-key.js";
import { policyFor, refuseApproval, refuseMisfit } from "../submission/policy-check.js";
import { assertJson, readSignHashBody } from "../submission/sign-hash-body.js";

/** `POST SigningRequests/SignHash`. */
export const signHash: Handler = async (exchange) => {
  const { request, service } = exchange;
  const caller = callerOf(exchange);
  exchange.attempt = { fast: true };
  assertJson(request.headers["content-type"]);
  exchange.body = await readBody(request);
  const { order, hash, metadata, description, projectSlug, signingPolicySlug } = readSignHashBody(
    exchange.body,
  );
  const payload = payloadOf(order, hash);
  exchange.attempt = { fast: true, projectSlug, signingPolicySlug, payload, metadata, description };
  const policy = policyFor(caller, projectSlug, signingPolicySlug);
  refuseApproval(policy);
  refuseMisfit(order, policy);
  const identity = await identityFor(exchange, policy);
  const signature = (await sign(exchange, identity.key, order)).toString("base64");
  const logged = logSubmission(exchange, { payload, policy, identity, signature });
  return json({
    signingRequestId: logged.id,
    webLink: pageAddress(service.origin, caller.organization.id, logged.id),
    hashSigningData: { hash },
    hashSigningResult: { signature },
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
