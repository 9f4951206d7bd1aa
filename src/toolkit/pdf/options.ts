import { defaultAlgorithm } from "../../adapter/algorithms.js";
import type { CallOptions } from "../../api/transport/request.js";
import { requireOptions } from "../../base/options.js";
import type { CertificateOptions, CmsSigner, TimestampChoices } from "../../cms/sign/options.js";
import type { Plan } from "../../cms/sign/plan.js";
import { planOf } from "../../cms/sign/plan.js";
import { contradiction } from "../../cms/sign/refusal.js";
import { SigningPolicy } from "../../policy/signing-policy.js";

/** How to sign a PDF file. */
export interface PdfSignatureOptions
  extends CallOptions,
    Pick<CmsSigner, "policy" | "padding" | "attributes">,
    CertificateOptions,
    TimestampChoices {
  /**
   * Hash of the file and of the signed attributes. Default: that of the key's curve, `"SHA-384"` for P-384 and `"SHA-512"` for
   * P-521; of an RSA key `"SHA-256"`, or what its certificate asks for.
   */
  readonly hash?: CmsSigner["hash"];
  /**
   * Room for the timestamp's token in bytes, with the certificates of its authority. Default: 12288, twice of what authorities
   * send.
   */
  readonly timestampLength?: number | undefined;
}

/** The options with their defaults, checked. */
export interface PdfSignaturePlan {
  readonly cms: Plan;
  /** Bytes for a token; `undefined`: there is no timestamp. */
  readonly timestampLength: number | undefined;
}

const DEFAULT_TIMESTAMP_LENGTH = 12_288;
const LONGEST_TIMESTAMP = 1 << 20;

/**
 * @throws {SignPathError} `ALGORITHM_NOT_SUPPORTED`, `POLICY_UNUSABLE`, `CONFIG_INVALID`, `CHAIN_INCOMPLETE`
 * @throws {TypeError} for options or a policy that are none
 */
export function pdfSignaturePlanOf(options: PdfSignatureOptions): PdfSignaturePlan {
  requireOptions(options);
  const { policy, attributes, certificates, includeRoot, aia, incompleteChain, onWarning, signal } = options;
  const { timestamp, onTimestampFailure, timestampLength = DEFAULT_TIMESTAMP_LENGTH } = options;
  if (!(Number.isInteger(timestampLength) && timestampLength > 0 && timestampLength <= LONGEST_TIMESTAMP))
    throw contradiction(`timestampLength must be a number of bytes from 1 to ${LONGEST_TIMESTAMP}`);
  const cms = planOf({
    policy,
    ...algorithmOf(options),
    ...{ attributes, certificates, includeRoot, aia, incompleteChain, onWarning, signal },
    ...{ timestamp, onTimestampFailure },
    profile: "pades",
  });
  return { cms, timestampLength: timestamp === undefined ? undefined : timestampLength };
}

/** With what is named neither hash nor padding of, the key decides; what is named is checked where CMS is made. */
function algorithmOf({ policy, hash, padding }: PdfSignatureOptions): Pick<CmsSigner, "hash" | "padding"> {
  if (!(policy instanceof SigningPolicy) || (hash !== undefined && padding !== undefined))
    return { hash, padding };
  const found = defaultAlgorithm(policy, hash);
  const isPss = padding === undefined && found.name === "RSA-PSS";
  return { hash: hash ?? (found.hash as CmsSigner["hash"]), padding: isPss ? "pss" : padding };
}
