import { isUint8Array } from "node:util/types";
import type { CallOptions } from "../../api/transport/request.js";
import { SignPathError } from "../../base/errors.js";
import { requireList, requireOptions } from "../../base/options.js";
import type { CertificateInput } from "../../policy/chain.js";
import { readCertificates } from "../../policy/chain.js";
import type { SigningSource } from "../../policy/signing-policy.js";
import { LIMITS, Malformed } from "./asn1/limits.js";
import type { Certificate } from "./path/certificate.js";
import { parseCertificate } from "./path/certificate.js";
import type { Crl } from "./path/crl.js";
import { parseCrl } from "./path/crl.js";
import { Effort } from "./path/effort.js";
import type { Purpose } from "./path/purpose.js";
import { PURPOSES } from "./path/purpose.js";
import type { SignerRules } from "./signer/rules.js";
import type { ContentSink } from "./stream/content.js";
import { timestampOf, timestampRules } from "./timestamp/verify-timestamp.js";

/** CRLs as a caller has them: PEM text with one or more, or DER. */
export type CrlInput = string | Uint8Array;

/** What a CMS signature is checked against. */
export interface VerifyCmsOptions extends CallOptions {
  /** What was signed, where the signature is detached. */
  readonly content?: SigningSource | undefined;
  /**
   * The certificates that are trusted: PEM bundles, DER or certificate objects. One that is not self-signed is trusted as
   * well. Nothing else is, neither the operating system's roots nor Node's.
   */
  readonly roots: Iterable<CertificateInput>;
  /** More certificates, of signers and of authorities between them and the roots. They are not trusted. */
  readonly certificates?: Iterable<CertificateInput> | undefined;
  /** CRLs, beside those in the signature: PEM or DER. */
  readonly crls?: Iterable<CrlInput> | undefined;
  /** When the certificates must be valid, where no good timestamp says when. Default: now. */
  readonly at?: Date | undefined;
  /** What signers' certificates must be for, by their extended key usage. Default: `"any"`. */
  readonly purpose?: Purpose | undefined;
  /** The certificates that are trusted for timestamps. Default: {@link roots}. */
  readonly timestampRoots?: Iterable<CertificateInput> | undefined;
  /** Whether each signature must have a good timestamp. Default: `false`. */
  readonly requireTimestamp?: boolean | undefined;
  /**
   * Whether a CRL must vouch for each certificate below a root, those of a timestamp that counts included. Default: `false`,
   * which refuses what one revokes.
   */
  readonly requireRevocation?: boolean | undefined;
  /** Whether SHA-1, MD5 and RSA keys of 1024 bits are taken. Default: `false`. */
  readonly allowWeakDigests?: boolean | undefined;
  /** Which signatures must be good. Default: `"all"`. */
  readonly requiredSigners?: "all" | "any" | undefined;
  /**
   * Takes attached content as it is read. **It is not verified until the promise has resolved**: keep it where nobody uses
   * it until then, and throw it away if the promise rejects. A chunk is good until the sink returns.
   */
  readonly onContent?: ContentSink | undefined;
}

/** The options with their defaults, checked. */
export interface Plan {
  readonly content: SigningSource | undefined;
  readonly rules: SignerRules;
  readonly requiredSigners: "all" | "any";
  readonly onContent: ContentSink | undefined;
  readonly signal: AbortSignal | undefined;
}

/**
 * @throws {SignPathError} `CONFIG_INVALID` for certificates and CRLs that cannot be read, or no roots
 * @throws {TypeError} for other options that are none
 */
export function planOf(options: VerifyCmsOptions): Plan {
  requireOptions(options);
  const { at = new Date(), purpose = "any", requiredSigners = "all" } = options;
  if (!(at instanceof Date) || Number.isNaN(at.getTime())) throw new TypeError("at must be a valid Date");
  if (!PURPOSES.includes(purpose)) throw new TypeError(`purpose must be one of ${PURPOSES.join(", ")}`);
  if (requiredSigners !== "all" && requiredSigners !== "any")
    throw new TypeError('requiredSigners must be "all" or "any"');
  const anchors = certificatesOf(options.roots);
  if (anchors.length === 0) throw invalid("no root is given that could be trusted");
  const rules: SignerRules = {
    anchors,
    certificates: [...certificatesOf(options.certificates ?? []), ...anchors],
    crls: crlsOf(options.crls ?? []),
    at,
    purpose,
    allowWeak: options.allowWeakDigests ?? false,
    requireTimestamp: options.requireTimestamp ?? false,
    requireRevocation: options.requireRevocation ?? false,
    effort: new Effort(),
  };
  const forTimestamps = timestampRules(
    rules,
    options.timestampRoots === undefined ? anchors : certificatesOf(options.timestampRoots),
  );
  return {
    content: options.content,
    rules: { ...rules, timestampOf: (signer) => timestampOf(signer, forTimestamps) },
    requiredSigners,
    onContent: options.onContent,
    signal: options.signal,
  };
}

function certificatesOf(inputs: Iterable<CertificateInput>): Certificate[] {
  return readCertificates(inputs).map((der) => {
    try {
      return parseCertificate(der);
    } catch (cause) {
      if (!(cause instanceof Malformed)) throw cause;
      throw invalid(`a certificate that was given cannot be read: ${cause.message}`, cause);
    }
  });
}

// No dash inside: a text of beginnings without an end would be searched to its end from each of them.
const PEM_CRL = /-----BEGIN X509 CRL-----([^-]+)-----END X509 CRL-----/g;

function crlsOf(inputs: Iterable<CrlInput>): Crl[] {
  requireList("crls", inputs);
  return [...inputs].flatMap((input) => {
    if (typeof input !== "string" && !isUint8Array(input))
      throw invalid("what was given as a CRL is neither text nor bytes");
    const isText = typeof input === "string" || Buffer.from(input.subarray(0, 65_536)).includes("-----BEGIN");
    const text = typeof input === "string" ? input : isText ? Buffer.from(input).toString("latin1") : "";
    const found = isText
      ? [...text.matchAll(PEM_CRL)].map(([, base64 = ""]) => Buffer.from(base64, "base64"))
      : [input];
    if (found.length === 0 || found.length > LIMITS.certificates)
      throw invalid("what was given as a CRL holds none, PEM or DER");
    return found.map((der) => {
      try {
        return parseCrl(der);
      } catch (cause) {
        if (!(cause instanceof Malformed)) throw cause;
        throw invalid(`a CRL that was given cannot be read: ${cause.message}`, cause);
      }
    });
  });
}

function invalid(message: string, cause?: unknown): SignPathError {
  return new SignPathError("CONFIG_INVALID", message, { stage: "verify", cause });
}
