import type { RawSignature } from "../api/signing-request.js";
import { messageOf, SignPathError } from "../base/errors.js";
import type { CertificateFacts } from "../policy/certificate.js";
import type { PolicyState } from "../policy/state.js";
import type { SigningAlgorithm } from "./algorithms.js";
import type { Checked, Signed } from "./scheme.js";

/** A signature that is not what was asked for. */
export interface WrongSignature {
  /** Of the certificate that was to be signed with. */
  readonly facts: CertificateFacts;
  readonly algorithm: SigningAlgorithm;
  readonly signed: Signed;
  readonly raw: RawSignature;
  readonly defect: string;
}

/** Why a signature is not given out: it is wrong, or the policy has a new certificate that it is right for. */
export async function refusal(
  state: PolicyState,
  wrong: WrongSignature,
  signal: AbortSignal | undefined,
): Promise<SignPathError> {
  const { algorithm, raw, defect } = wrong;
  const details = { stage: "sign", attempts: raw.attempts, signingRequestId: raw.signingRequestId } as const;
  let cause: unknown;
  try {
    if (await isUnderNewCertificate(state, wrong, signal)) {
      return new SignPathError(
        "CERTIFICATE_CHANGED",
        `the certificate of signing policy ${state.reference} was replaced; this signature is by the new key and was not returned. The next call uses the new certificate`,
        { ...details, retryable: true },
      );
    }
  } catch (error) {
    if (signal?.aborted) return aborted(signal.reason, details);
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
  { facts: before, algorithm, signed, raw }: WrongSignature,
  signal: AbortSignal | undefined,
): Promise<boolean> {
  const isByKnown = async (): Promise<boolean> => {
    const facts = state.usableFacts;
    if (facts === undefined || facts === before || facts.key.type !== algorithm.keyType) return false;
    const checked: Checked = await algorithm.scheme.check(raw.signature, facts, algorithm.hash, signed);
    return "signature" in checked;
  };
  // Another call may have fetched the new certificate already, and there may be a newer one since.
  if (await isByKnown()) return true;
  await state.refresh(signal);
  return isByKnown();
}

/**
 * Tells why a call that waits for its turn is not sent any more: the policy has another key than it had when the call was
 * made, so that its signature could not be given out. One with the same key is as good.
 *
 * @param made - the certificate when the call was made
 */
export function replacement(
  state: PolicyState,
  made: CertificateFacts,
): (attempts: number) => SignPathError | undefined {
  let seen = made;
  let isOther = false;
  return (attempts) => {
    const now = state.usableFacts;
    if (now === undefined) return undefined;
    if (now !== seen) {
      seen = now;
      isOther = !now.publicKey.equals(made.publicKey);
    }
    if (!isOther) return undefined;
    return new SignPathError(
      "CERTIFICATE_CHANGED",
      `the certificate of signing policy ${state.reference} was replaced while this call waited, which was not sent${attempts === 0 ? "" : " again"}. The next call uses the new certificate`,
      { stage: "sign", retryable: true, attempts },
    );
  };
}

/**
 * Why nothing is signed with a certificate that has expired or is not yet valid. The policy is fetched anew first: a process
 * that lives longer than the certificate is to go on with the next one.
 */
export async function untimely(state: PolicyState, signal: AbortSignal | undefined): Promise<SignPathError> {
  const { untimely: defect } = state;
  try {
    if ((await state.refresh(signal)) && state.untimely === undefined) {
      return new SignPathError(
        "CERTIFICATE_CHANGED",
        `the certificate of signing policy ${state.reference} was replaced; nothing was signed. The next call uses the new certificate`,
        { stage: "sign", retryable: true },
      );
    }
  } catch {
    if (signal?.aborted) return aborted(signal.reason, { stage: "policy" });
    // What the certificate says is reason enough.
  }
  return new SignPathError(
    "POLICY_UNUSABLE",
    `signing policy ${state.reference} cannot be used: ${defect}. Nothing was signed. To sign all the same: checkValidity: false (SIGNPATH_CHECK_VALIDITY=false)`,
    { stage: "policy" },
  );
}

function aborted(cause: unknown, details: ConstructorParameters<typeof SignPathError>[2]): SignPathError {
  return new SignPathError("ABORTED", `The call was aborted: ${messageOf(cause)}`, { ...details, cause });
}
