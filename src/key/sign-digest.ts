import { performance } from "node:perf_hooks";
import type { RawSignature } from "../api/client.js";
import type { SignOptions } from "../api/hash-signer.js";
import type { SigningTemplate } from "../api/template.js";
import type { Bytes } from "../base/bytes.js";
import type { PolicyState } from "../policy/state.js";
import type { SignEvent } from "../policy/telemetry.js";
import { signChannel } from "../policy/telemetry.js";
import type { SigningAlgorithm } from "./algorithms.js";
import { requireAllowedHash, requireFit } from "./algorithms.js";
import { refusal, untimely } from "./refusal.js";
import type { Signed } from "./scheme.js";

/** With so many other requests in flight a check had better not hold them up. */
const CROWD = 8;

/** The requests of each policy, by algorithm. */
const templates = new WeakMap<PolicyState, Map<SigningAlgorithm, SigningTemplate>>();

function templateOf(state: PolicyState, algorithm: SigningAlgorithm): SigningTemplate {
  let byAlgorithm = templates.get(state);
  if (byAlgorithm === undefined) {
    byAlgorithm = new Map();
    templates.set(state, byAlgorithm);
  }
  let template = byAlgorithm.get(algorithm);
  if (template === undefined) {
    const requested = { signatureAlgorithm: algorithm.wireName, hash: algorithm.hash };
    template = state.connection.api.template(state.record, requested);
    byAlgorithm.set(algorithm, template);
  }
  return template;
}

/**
 * Gets a hash signed and checks the signature against the policy's certificate.
 *
 * @param given - the hash, and the message where it is at hand and the scheme wants it; or what computes them, so that
 * closing the client waits for that as well
 * @throws {SignPathError} see `SigningPolicy.signStream`
 */
export async function signDigest(
  state: PolicyState,
  algorithm: SigningAlgorithm,
  given: Signed | (() => Promise<Signed>),
  options: SignOptions = {},
): Promise<Bytes> {
  const { signer, api } = state.connection;
  if (!options.isPart) api.begin("sign");
  try {
    const signed = typeof given === "function" ? await given() : given;
    const began = signChannel.hasSubscribers ? performance.now() : undefined;
    const facts = state.facts();
    requireFit(facts, algorithm);
    requireAllowedHash(facts, algorithm);
    if (state.untimely !== undefined) throw await untimely(state, options.signal);
    const raw = await signer.sign(templateOf(state, algorithm), signed.hash, options);
    const outcome = state.verifies
      ? algorithm.scheme.check(raw.signature, facts, algorithm.hash, signed, api.inFlight >= CROWD)
      : algorithm.scheme.shape(raw.signature, facts);
    const checked = outcome instanceof Promise ? await outcome : outcome;
    if ("defect" in checked)
      throw await refusal(state, { facts, algorithm, signed, raw, defect: checked.defect }, options.signal);
    if (began !== undefined) publishSignature(state, algorithm, raw, performance.now() - began);
    return checked.signature;
  } finally {
    if (!options.isPart) api.end();
  }
}

function publishSignature(
  state: PolicyState,
  algorithm: SigningAlgorithm,
  { attempts, requests = attempts, signingRequestId }: RawSignature,
  elapsedMs: number,
): void {
  const event: SignEvent = {
    type: "signature",
    policy: state.reference,
    algorithm: algorithm.name,
    hash: algorithm.hash.name,
    verified: state.verifies,
    attempts: requests,
    signingRequestId,
    elapsedMs,
  };
  signChannel.publish(event);
}
