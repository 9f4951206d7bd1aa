import { defaultAlgorithm } from "../../adapter/algorithms.js";
import type { CallOptions } from "../../api/transport/request.js";
import { requireSignal } from "../../base/abort.js";
import { requireOptions } from "../../base/options.js";
import type { CertificateOptions, CmsSigner, TimestampChoices } from "../../cms/sign/options.js";
import type { Plan } from "../../cms/sign/plan.js";
import { planOf } from "../../cms/sign/plan.js";
import { SigningPolicy } from "../../policy/signing-policy.js";
import type { JarHash } from "./digests.js";
import { contradiction } from "./refusal.js";

/** How to sign a JAR file. */
export interface SignJarOptions
  extends CallOptions,
    Pick<CmsSigner, "policy" | "padding">,
    CertificateOptions,
    TimestampChoices {
  /**
   * Hash of the entries, the manifest and the signature. Default: `"SHA-256"`; of an EC key the one of its curve, of an
   * RSA-PSS certificate the one that it allows.
   */
  readonly hash?: "SHA-256" | "SHA-384" | "SHA-512" | undefined;
  /**
   * Name of the files in META-INF, `NAME.SF` and `NAME.RSA` or `NAME.EC`: 1 to 8 letters, digits, `_` and `-`. A signature of
   * the same name is replaced. Default: `"SIGNPATH"`.
   */
  readonly signatureName?: string | undefined;
  /**
   * What becomes of other signatures in the file. `"keep"`: they stay and verify as before, or nothing is signed; `"replace"`:
   * they are removed, and with them their digests in the manifest. Default: `"keep"`.
   */
  readonly existing?: "keep" | "replace" | undefined;
}

/** The options, checked. */
export interface JarPlan {
  readonly cms: Plan;
  readonly hash: JarHash;
  /** In capital letters. */
  readonly signatureName: string;
  /** Of the signature block: RSA or EC. */
  readonly blockExtension: string;
  readonly keepsExisting: boolean;
  readonly signal: AbortSignal | undefined;
}

const SIGNATURE_NAME = /^[A-Za-z0-9_-]{1,8}$/;

/**
 * @throws {SignPathError} `ALGORITHM_NOT_SUPPORTED`, `POLICY_UNUSABLE`, `CONFIG_INVALID`
 * @throws {TypeError} for a policy or a signal that is none
 */
export function jarPlanOf(options: SignJarOptions): JarPlan {
  requireOptions(options);
  const { policy, signatureName = "SIGNPATH", existing = "keep", signal, ...shared } = options;
  if (!(policy instanceof SigningPolicy))
    throw new TypeError("policy must be one that a SignPath client gave");
  requireSignal(signal);
  if (typeof signatureName !== "string" || !SIGNATURE_NAME.test(signatureName))
    throw contradiction('signatureName must be 1 to 8 of the letters A to Z, digits, "_" and "-"');
  if (existing !== "keep" && existing !== "replace")
    throw contradiction('existing must be "keep" or "replace"');
  const algorithm = defaultAlgorithm(policy, shared.hash);
  const padding = shared.padding ?? (algorithm.name === "RSA-PSS" ? "pss" : undefined);
  const { certificates, includeRoot, aia, incompleteChain, onWarning, timestamp, onTimestampFailure } =
    shared;
  const cms = planOf({
    ...{ policy, hash: hashOf(algorithm.hash), padding, signal },
    ...{ certificates, includeRoot, aia, incompleteChain, onWarning, timestamp, onTimestampFailure },
  });
  const [hash] = cms.hashes;
  if (hash === undefined) throw new TypeError("a signature has no hash");
  return {
    cms,
    hash,
    signatureName: signatureName.toUpperCase(),
    blockExtension: policy.keyType === "EC" ? "EC" : "RSA",
    keepsExisting: existing === "keep",
    signal: signal ?? undefined,
  };
}

/** Java trusts no SHA-1; who asks for it hears so from the plan of the CMS. */
function hashOf(hash: string): "SHA-256" | "SHA-384" | "SHA-512" {
  return hash as "SHA-256" | "SHA-384" | "SHA-512";
}
