import { performance } from "node:perf_hooks";
import type { SignOptions } from "../api/hash-signer.js";
import type { RawSignature } from "../api/signing-request.js";
import type { SigningTemplate } from "../api/template.js";
import type { Bytes } from "../base/bytes.js";
import type { CertificateFacts } from "../policy/certificate.js";
import type { PolicyState } from "../policy/state.js";
import type { SignEvent } from "../policy/telemetry.js";
import { signChannel } from "../policy/telemetry.js";
import type { SigningAlgorithm } from "./algorithms.js";
import { requireAllowedHash, requireFit } from "./algorithms.js";
import { refusal, replacement, untimely } from "./refusal.js";
import type { Checked, Signed } from "./scheme.js";

/** With so many other requests in flight a check had better not hold them up. */
const CROWD = 8;

/** The requests of each policy for one certificate, by algorithm. */
interface Templates {
  readonly facts: CertificateFacts;
  readonly byAlgorithm: Map<SigningAlgorithm, SigningTemplate>;
}

const templates = new WeakMap<PolicyState, Templates>();

function templateOf(
  state: PolicyState,
  algorithm: SigningAlgorithm,
  facts: CertificateFacts,
): SigningTemplate {
  let known = templates.get(state);
  if (known === undefined || known.facts !== facts) {
    known = { facts, byAlgorithm: new Map() };
    templates.set(state, known);
  }
  let template = known.byAlgorithm.get(algorithm);
  if (template === undefined) {
    const requested = { signatureAlgorithm: algorithm.wireName, hash: algorithm.hash };
    // Without a check a new key is left unnoticed.
    const obsolete = state.verifies ? replacement(state, facts) : undefined;
    template = state.connection.api.template(state.record, requested, obsolete);
    known.byAlgorithm.set(algorithm, template);
  }
  return template;
}

const NO_OPTIONS: SignOptions = Object.freeze({});

/**
 * Gets a hash signed and checks the signature against the policy's certificate.
 *
 * @param given - the hash, and the message where it is at hand and the scheme wants it; or what computes them, so that
 * closing the client waits for that as well
 * @throws {SignPathError} see `SigningPolicy.signStream`
 */
export function signDigest(
  state: PolicyState,
  algorithm: SigningAlgorithm,
  given: Signed | (() => Promise<Signed>),
  options: SignOptions = NO_OPTIONS,
): Promise<Bytes> {
  if (typeof given === "function" || state.untimely !== undefined)
    return prepareAndSend(state, algorithm, given, options);
  try {
    return send(state, algorithm, given, options);
  } catch (error) {
    return Promise.reject(error);
  }
}

/** Where something is to be waited for before the request. */
async function prepareAndSend(
  state: PolicyState,
  algorithm: SigningAlgorithm,
  given: Signed | (() => Promise<Signed>),
  options: SignOptions,
): Promise<Bytes> {
  begin(state, options);
  try {
    const signed = typeof given === "function" ? await given() : given;
    requireUsable(state, algorithm);
    if (state.untimely !== undefined) throw await untimely(state, options.signal);
    return await send(state, algorithm, signed, { ...options, isPart: true });
  } finally {
    end(state, options);
  }
}

/** What is known of a signature when its request is sent. */
interface Signing {
  readonly state: PolicyState;
  readonly algorithm: SigningAlgorithm;
  readonly signed: Signed;
  readonly options: SignOptions;
  /** Of the certificate that is to be signed with. */
  readonly facts: CertificateFacts;
  /** For the event; `undefined` where nobody listens. */
  readonly began: number | undefined;
}

/** By callbacks: of the calls that wait for their turn, each would hold half as much again if it were an async function. */
function send(
  state: PolicyState,
  algorithm: SigningAlgorithm,
  signed: Signed,
  options: SignOptions,
): Promise<Bytes> {
  begin(state, options);
  try {
    const facts = requireUsable(state, algorithm);
    const began = signChannel.hasSubscribers ? performance.now() : undefined;
    const signing: Signing = { state, algorithm, signed, options, facts, began };
    return state.connection.signer.sign(templateOf(state, algorithm, facts), signed.hash, options).then(
      (raw) => answered(signing, raw),
      (error: unknown) => fail(signing, error),
    );
  } catch (error) {
    return fail({ state, options }, error);
  }
}

function answered(signing: Signing, raw: RawSignature): Bytes | Promise<Bytes> {
  let checked: Checked | Promise<Checked>;
  try {
    checked = check(signing, raw);
  } catch (error) {
    return fail(signing, error);
  }
  if (checked instanceof Promise || "defect" in checked) return conclude(signing, raw, checked);
  return succeed(signing, raw, checked.signature);
}

function check(
  { state, algorithm, signed, facts }: Signing,
  { signature }: RawSignature,
): Checked | Promise<Checked> {
  const { scheme, hash } = algorithm;
  if (!state.verifies) return scheme.shape(signature, facts);
  return scheme.check(signature, facts, hash, signed, state.connection.api.inFlight >= CROWD);
}

/** Where the check takes its time, or is not passed. */
async function conclude(
  signing: Signing,
  raw: RawSignature,
  checking: Checked | Promise<Checked>,
): Promise<Bytes> {
  const { state, algorithm, signed, options, facts } = signing;
  try {
    const checked = await checking;
    if ("signature" in checked) return succeed(signing, raw, checked.signature);
    throw await refusal(state, { facts, algorithm, signed, raw, defect: checked.defect }, options.signal);
  } catch (error) {
    return fail(signing, error);
  }
}

function succeed(signing: Signing, raw: RawSignature, signature: Bytes): Bytes {
  const { state, options, began } = signing;
  if (began !== undefined) publishSignature(signing, raw, performance.now() - began);
  end(state, options);
  return signature;
}

function fail({ state, options }: Pick<Signing, "state" | "options">, error: unknown): never {
  end(state, options);
  throw error;
}

/** The certificate, whose key must be one for the algorithm. */
function requireUsable(state: PolicyState, algorithm: SigningAlgorithm): CertificateFacts {
  const facts = state.facts();
  requireFit(facts, algorithm);
  requireAllowedHash(facts, algorithm);
  return facts;
}

/** From here on closing the client waits. */
function begin({ connection }: PolicyState, { isPart }: SignOptions): void {
  if (!isPart) connection.api.begin("sign");
}

function end({ connection }: PolicyState, { isPart }: SignOptions): void {
  if (!isPart) connection.api.end();
}

function publishSignature(
  { state, algorithm }: Signing,
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
