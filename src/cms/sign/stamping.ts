import type { Bytes } from "../../base/bytes.js";
import type { SignPathError } from "../../base/errors.js";
import { bindingOf } from "../../key/crypto-key.js";
import { CONTENT_TYPES, timestampAttributeOf } from "../asn1/oids.js";
import type { Stamper } from "../timestamp/stamper.js";
import { stamperOf } from "../timestamp/stamper.js";
import type { TimestampError } from "../timestamp/timestamp-error.js";
import { isTimestampError } from "../timestamp/timestamp-error.js";
import { attribute } from "./attribute-input.js";
import type { Signed } from "./draft.js";
import type { CertificateOptions, CmsSigner, TimestampChoices } from "./options.js";
import { contradiction } from "./refusal.js";
import type { SignerPlan } from "./signer-plan.js";

/** Signatures with their stamps, and why one of them has none. */
export interface Stamped {
  readonly signed: readonly Signed[];
  readonly failure: TimestampError | undefined;
}

/** The options that it is made from. */
export type StampingOptions = TimestampChoices &
  Pick<CertificateOptions, "onWarning"> &
  Pick<Partial<CmsSigner>, "profile"> & {
    /** Of what is signed, which decides where the stamps go. Default: id-data. */
    readonly contentType?: string | undefined;
    readonly signal?: AbortSignal | undefined;
  };

/** Gets the timestamps of new signatures (RFC 3161, appendix A), where the options ask for them. */
export class Stamping {
  readonly #stamper: Stamper | undefined;
  readonly #isRequired: boolean;
  readonly #warn: ((error: SignPathError) => void) | undefined;
  readonly #attribute: string;

  /** @throws {SignPathError} `CONFIG_INVALID` */
  constructor(options: StampingOptions) {
    const { timestamp, onTimestampFailure = "throw", onWarning, signal } = options;
    if (onTimestampFailure !== "throw" && onTimestampFailure !== "unstamped")
      throw contradiction('onTimestampFailure must be "throw" or "unstamped"');
    this.#stamper = timestamp === undefined ? undefined : stamperOf(timestamp, signal);
    this.#isRequired = onTimestampFailure === "throw";
    this.#warn = onWarning;
    this.#attribute = timestampAttributeOf(options.contentType ?? CONTENT_TYPES.data);
  }

  /** Whether each signature that is made is one with a stamp. */
  get isCertain(): boolean {
    return this.#stamper !== undefined && this.#isRequired;
  }

  /**
   * @param signers - of the signatures, in their order
   * @throws {SignPathError} `ABORTED`
   */
  async stamp(signers: readonly SignerPlan[], signed: readonly Signed[]): Promise<Stamped> {
    const stamper = this.#stamper;
    if (stamper === undefined) return { signed, failure: undefined };
    const outcomes = await Promise.allSettled(
      signed.map(({ signerInfo }, index) => {
        const signer = signers[index];
        if (signer === undefined) throw new TypeError("a signature has no signer");
        return stamper.stamp(signerInfo.signature, bindingOf(signer.key).state.connection.api);
      }),
    );
    const failures: unknown[] = outcomes.flatMap((each) => (each.status === "rejected" ? [each.reason] : []));
    const [other] = failures.filter((each) => !isTimestampError(each));
    if (other !== undefined) throw other;
    const stamped = signed.map((each, index) => {
      const outcome = outcomes[index];
      return outcome?.status === "fulfilled" ? withToken(each, this.#attribute, outcome.value.token) : each;
    });
    return { signed: stamped, failure: failures.find(isTimestampError) };
  }

  /**
   * What becomes of a failure: an error with the CMS as far as it got, or a warning.
   *
   * @throws {TimestampError} `TIMESTAMP_FAILED`
   */
  settle({ failure }: Stamped, cms: () => Bytes): void {
    if (failure === undefined) return;
    if (this.#isRequired) throw failure.withCms(cms());
    this.#warn?.(failure);
  }
}

/** A signature with a timestamp token as an unsigned attribute of that type (RFC 3161, appendix A). */
export function withToken(signed: Signed, type: string, token: Bytes): Signed {
  const { signerInfo } = signed;
  const { der } = attribute(type, token);
  return { ...signed, signerInfo: { ...signerInfo, unsigned: [...signerInfo.unsigned, der] } };
}
