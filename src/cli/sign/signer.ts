import type { SignPathError } from "../../base/errors.js";
import type { SigningSource } from "../../policy/signing-policy.js";
import type { CmsChoices } from "./cms-flags.js";
import type { FormatChoices } from "./format-flags.js";
import type { FormatName } from "./formats/table.js";
import type { Timestamps } from "./timestamps.js";

export type HashName = "SHA-256" | "SHA-384" | "SHA-512";

/** What signatures are to be, in any format. */
export interface SignatureOptions {
  /** Undefined: what the format has for the key. */
  readonly hash: HashName | undefined;
  /** Undefined: PKCS#1 v1.5 for an RSA key. */
  readonly padding: "pkcs1" | "pss" | undefined;
  readonly attached: boolean;
  readonly ecdsaFormat: "der" | "ieee";
  readonly certificates: readonly Uint8Array[];
  readonly timestamps?: Timestamps | undefined;
  readonly cms?: CmsChoices | undefined;
  readonly formats?: FormatChoices | undefined;
  /** Hears of chains that are not complete, where the choices ask for that. */
  readonly onWarning?: ((error: SignPathError) => void) | undefined;
}

/** A result, whole or piece by piece. */
export type Signature = Uint8Array | AsyncIterable<Uint8Array>;

/** Hears of a timestamp that is not to be had, for which the signature goes without; where nobody listens, that is a failure. */
export type OnUnstamped = ((error: SignPathError) => void) | undefined;

/** What is the same for each signature of a signer. */
interface SignerFacts {
  readonly format: FormatName;
  /** WebCrypto name. */
  readonly algorithm: string;
  readonly hash: HashName;
}

/** Makes signatures, or signed files, whose bytes somebody else writes. */
export interface ContentSigner extends SignerFacts {
  /** Whether a signature of bytes is that of a file which holds them, so that a small one can be read beforehand. */
  readonly takesBytes: boolean;
  /** How long a result may become, for content of so many bytes. */
  room(contentBytes: number): number;
  sign(source: SigningSource, signal: AbortSignal, onUnstamped?: OnUnstamped): Promise<Signature>;
  /** Adds the timestamp to a signature that lacks it; missing where a format has none, or it cannot be added later. */
  readonly stamp?: (
    signature: Uint8Array,
    signal: AbortSignal,
    onUnstamped?: OnUnstamped,
  ) => Promise<Uint8Array>;
}

/** Signs files, and writes them itself: whole or not at all, with the mode of what they replace. */
export interface FileSigner extends SignerFacts {
  /** @returns the length of the result in bytes */
  signFile(
    job: { readonly file: string; readonly output: string },
    signal: AbortSignal,
    onUnstamped?: OnUnstamped,
  ): Promise<number>;
}

/** Makes signatures of one format with one policy. */
export type Signer = ContentSigner | FileSigner;

/** Signers by format, each made when it is first asked for. */
export type SignerOf = (job: { readonly format: FormatName }) => Promise<Signer>;
