import type { CallOptions } from "../../api/transport/request.js";
import { SignPathError } from "../../base/errors.js";
import { requireList, requireOptions } from "../../base/options.js";
import { CONTENT_TYPES } from "../../cms/asn1/oids.js";
import type { CertificateOptions, SignCmsOptions, TimestampChoices } from "../../cms/index.js";
import type { HashAlgorithm } from "../../key/hashes.js";
import { HASH_ALGORITHMS } from "../../key/hashes.js";
import { SigningPolicy } from "../../policy/signing-policy.js";
import type { OpusInfo, StatementType } from "./spc.js";
import { spcAttributes } from "./spc.js";

/** How an executable is signed. */
export interface SignExecutableOptions extends CallOptions, CertificateOptions, TimestampChoices, OpusInfo {
  /** Whose key signs. */
  readonly policy: SigningPolicy;
  /** Hash of the file and of what is signed. Default: `"SHA-256"`. */
  readonly hash?: "SHA-256" | "SHA-384" | "SHA-512" | undefined;
  /** There is nothing else than PKCS#1 v1.5 for RSA keys: Windows takes no RSA-PSS in Authenticode. */
  readonly padding?: "pkcs1" | undefined;
  /** What the program is called, where Windows asks people whether to run it. */
  readonly description?: string | undefined;
  /** Where there is more about it: http or https. */
  readonly url?: string | undefined;
  /**
   * What becomes of a signature that is there. `false`: it is replaced. `true`: the new one is nested in it (dual signing),
   * behind others; where there is none, the new one is the first. Default: `false`.
   */
  readonly nested?: boolean | undefined;
  /** Sign the hash of each page as well, by SHA-256, as drivers want it. Default: `false`. */
  readonly pageHashes?: boolean | undefined;
  /** What `SpcStatementType` says of the publisher. Default: `"individual"`, as signtool writes it for everybody. */
  readonly statement?: StatementType | undefined;
}

/** The options, checked. */
export interface SignPlan {
  readonly hash: HashAlgorithm;
  readonly nested: boolean;
  readonly pageHashes: boolean;
  readonly signal: AbortSignal | undefined;
  readonly cms: SignCmsOptions;
}

const HASHES = ["SHA-256", "SHA-384", "SHA-512"] as const;

/**
 * @throws {SignPathError} `ALGORITHM_NOT_SUPPORTED`, `POLICY_UNUSABLE`, `CONFIG_INVALID`
 * @throws {TypeError} for a policy that is none
 */
export function planOf(options: SignExecutableOptions): SignPlan {
  requireOptions(options);
  const { policy, description, url, nested = false, pageHashes = false, statement = "individual" } = options;
  const { certificates, includeRoot, aia, incompleteChain, onWarning, signal } = options;
  const { timestamp, onTimestampFailure } = options;
  if (certificates !== undefined) requireList("certificates", certificates);
  return {
    hash: authenticodeHash(policy, options),
    nested,
    pageHashes,
    signal,
    cms: {
      policy,
      hash: options.hash,
      detached: false,
      contentType: CONTENT_TYPES.spcIndirectData,
      contentEncoding: "asn1",
      // Signed attributes of CMS that Authenticode does not have: the time is that of the timestamp.
      signingTime: false,
      signingCertificate: false,
      attributes: spcAttributes({ description, url }, statement),
      certificates: certificates && [...certificates],
      includeRoot,
      aia,
      incompleteChain,
      onWarning,
      timestamp,
      onTimestampFailure,
      signal,
    },
  };
}

/**
 * The hash that a policy's key signs a file with.
 *
 * @throws {SignPathError} `ALGORITHM_NOT_SUPPORTED`, `POLICY_UNUSABLE`
 * @throws {TypeError} for a policy that is none
 */
export function authenticodeHash(
  policy: SigningPolicy,
  { hash: name = "SHA-256", padding }: { readonly hash?: unknown; readonly padding?: unknown },
): HashAlgorithm {
  if (!(policy instanceof SigningPolicy))
    throw new TypeError("policy must be one that a SignPath client gave");
  const known = HASHES.find((each) => each === name);
  const hash = known && HASH_ALGORITHMS.get(known);
  if (known === undefined || hash === undefined)
    throw unsupported(`executables are signed with ${HASHES.join(", ")}, not with ${String(name)}`);
  if (padding === "pss")
    throw unsupported(
      "Windows takes no RSA-PSS in Authenticode, only PKCS#1 v1.5 (leave padding out) and ECDSA",
    );
  if (padding !== undefined && padding !== "pkcs1")
    throw unsupported(`there is no padding ${String(padding)}: leave it out`);
  if (padding === "pkcs1" && policy.keyType === "EC")
    throw unsupported(`padding is for RSA keys; ${policy.reference} has an EC key`);
  // Also the key of a certificate that is for RSA-PSS alone is refused here.
  policy.privateKey({ name: policy.keyType === "EC" ? "ECDSA" : "RSASSA-PKCS1-v1_5", hash: known });
  return hash;
}

function unsupported(message: string): SignPathError {
  return new SignPathError("ALGORITHM_NOT_SUPPORTED", `${message}. Nothing was sent`, { stage: "sign" });
}
