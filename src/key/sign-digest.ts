import type { RawSignature } from "../api/client.js";
import type { SignOptions } from "../api/hash-signer.js";
import type { SigningTemplate } from "../api/template.js";
import type { Bytes } from "../base/bytes.js";
import { SignPathError } from "../base/errors.js";
import type { CertificateFacts } from "../policy/certificate.js";
import type { PolicyState } from "../policy/state.js";
import type { SigningAlgorithm } from "./algorithms.js";
import { requireAllowedHash, requireFit } from "./algorithms.js";
import type { Checked, Signed } from "./scheme.js";
import { signChannel } from "./telemetry.js";

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
 * @param signed - the hash, and the message where it is at hand and the scheme wants it
 * @throws {SignPathError} see `SigningPolicy.signStream`
 */
export async function signDigest(
  state: PolicyState,
  algorithm: SigningAlgorithm,
  signed: Signed,
  options: SignOptions = {},
): Promise<Bytes> {
  const facts = state.facts();
  requireFit(facts, algorithm);
  requireAllowedHash(facts, algorithm);
  const { signer, api } = state.connection;
  api.begin("sign");
  try {
    const raw = await signer.sign(templateOf(state, algorithm), signed.hash, options);
    const outcome = state.verifies
      ? algorithm.scheme.check(raw.signature, facts, algorithm.hash, signed, api.inFlight >= CROWD)
      : algorithm.scheme.shape(raw.signature, facts);
    const checked = outcome instanceof Promise ? await outcome : outcome;
    if ("defect" in checked) throw await refusal(state, facts, algorithm, signed, raw, checked.defect);
    publishSignature(state, algorithm, raw);
    return checked.signature;
  } finally {
    api.end();
  }
}

function publishSignature(state: PolicyState, algorithm: SigningAlgorithm, raw: RawSignature): void {
  if (!signChannel.hasSubscribers) return;
  const { attempts, signingRequestId } = raw;
  const [name, hash] = [algorithm.name, algorithm.hash.name];
  const event = { policy: state.reference, algorithm: name, hash, verified: state.verifies };
  signChannel.publish({ ...event, attempts, signingRequestId });
}

/** Why a signature is not given out: it is wrong, or the policy has a new certificate that it is right for. */
async function refusal(
  state: PolicyState,
  facts: CertificateFacts,
  algorithm: SigningAlgorithm,
  signed: Signed,
  raw: RawSignature,
  defect: string,
): Promise<SignPathError> {
  const details = { stage: "sign", attempts: raw.attempts, signingRequestId: raw.signingRequestId } as const;
  let cause: unknown;
  try {
    if ((await isUnderNewCertificate(state, facts, algorithm, signed, raw)) === true) {
      return new SignPathError(
        "CERTIFICATE_CHANGED",
        `the certificate of signing policy ${state.reference} was replaced; this signature is by the new key and was not returned. The next call uses the new certificate`,
        { ...details, retryable: true },
      );
    }
  } catch (error) {
    cause = error;
  }
  return new SignPathError(
    "SIGNATURE_INVALID",
    `the signature that SignPath returned for ${state.reference} (${algorithm.name}, ${algorithm.hash.name}) is wrong: ${defect}. It was not returned`,
    { ...details, cause },
  );
}

async function isUnderNewCertificate(
  state: PolicyState,
  before: CertificateFacts,
  algorithm: SigningAlgorithm,
  signed: Signed,
  raw: RawSignature,
): Promise<boolean> {
  // Another call may have fetched the new certificate already.
  if (state.usableFacts === before) await state.refresh();
  const facts = state.usableFacts;
  if (facts === undefined || facts === before || facts.key.type !== algorithm.keyType) return false;
  const checked: Checked = await algorithm.scheme.check(raw.signature, facts, algorithm.hash, signed);
  return "signature" in checked;
}
