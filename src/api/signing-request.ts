import type { Bytes } from "../base/bytes.js";
import { decodeBase64 } from "../base/bytes.js";
import type { SignPathError } from "../base/errors.js";
import type { DecodedSignature } from "./decode.js";
import { Undecodable } from "./decode.js";
import type { Mould, SigningTemplate } from "./template.js";
import type { ApiAnswer, ApiRequest, SendOptions } from "./transport/request.js";

/** A signature as the service gave it: well-formed, of the hash and algorithm asked for by its word, not yet checked. */
export interface RawSignature {
  readonly signature: Bytes;
  /** Requests sent for the answer that it is in. */
  readonly attempts: number;
  /** Requests sent for it in all, where those are more. */
  readonly requests?: number;
  readonly signingRequestId: string | undefined;
}

/** What to do in place of failing. */
export type Recovery = (
  error: SignPathError,
  template: SigningTemplate,
  hash: string,
  options: SendOptions,
) => Promise<RawSignature>;

/** What the requests over one route have in common. */
export interface SigningRequestKind {
  /** In words: `fast signing request`. */
  readonly what: string;
  readonly path: string;
  readonly mouldOf: (template: SigningTemplate) => Mould;
  readonly contentTypeOf: (template: SigningTemplate) => string;
  readonly decode: (body: Buffer) => DecodedSignature;
}

/** The longest answer that is read, in bytes. */
export const MAX_ANSWER_BYTES: number = 1024 * 1024;

/** A request for a signature that is in its answer. Many may wait for their turn: it holds what differs, and no more. */
export class SigningRequest implements ApiRequest<RawSignature> {
  readonly #kind: SigningRequestKind;
  readonly #template: SigningTemplate;
  readonly #mould: Mould;
  readonly #hash: string;
  readonly #options: SendOptions;
  readonly #recovery: Recovery | undefined;

  /**
   * @param hash - standard Base64 of the digest
   * @param options - of the call
   * @throws {SignPathError} `CONFIG_INVALID` where the caller's function for metadata fails
   */
  constructor(
    kind: SigningRequestKind,
    template: SigningTemplate,
    hash: string,
    options: SendOptions,
    recovery?: Recovery,
  ) {
    this.#kind = kind;
    this.#template = template;
    this.#mould = kind.mouldOf(template);
    this.#hash = hash;
    this.#options = options;
    this.#recovery = recovery;
  }

  get what(): string {
    return this.#kind.what;
  }

  get stage(): "sign" {
    return "sign";
  }

  get method(): "POST" {
    return "POST";
  }

  get path(): string {
    return this.#kind.path;
  }

  get contentType(): string {
    return this.#kind.contentTypeOf(this.#template);
  }

  get maxBytes(): number {
    return MAX_ANSWER_BYTES;
  }

  get repeatable(): boolean {
    return false;
  }

  body(): Buffer {
    return this.#mould.pour(this.#hash);
  }

  obsolete(attempts: number): SignPathError | undefined {
    return this.#template.obsolete?.(attempts);
  }

  decode({ body, attempts }: ApiAnswer): RawSignature {
    return signatureOf(this.#kind.decode(body), attempts, this.#template, this.#hash);
  }

  recover(error: SignPathError): Promise<RawSignature> | undefined {
    return this.#recovery?.(error, this.#template, this.#hash, this.#options);
  }
}

/** The signature of an answer; what that repeats of the request may be missing, but must be ours. */
export function signatureOf(
  decoded: DecodedSignature,
  attempts: number,
  { algorithm: { signatureAlgorithm, hash: requested } }: SigningTemplate,
  hash: string,
): RawSignature {
  requireEcho("hash", decoded.hash, hash);
  requireEcho("signature algorithm", decoded.signatureAlgorithm, signatureAlgorithm);
  if (signatureAlgorithm !== "Ecdsa") requireEcho("hash algorithm", decoded.hashAlgorithmOid, requested.oid);
  const signature = decodeBase64(decoded.signature);
  if (signature === undefined || signature.length === 0) throw new Undecodable("its signature is not Base64");
  return { signature, attempts, signingRequestId: decoded.signingRequestId };
}

function requireEcho(what: string, echoed: string | undefined, requested: string): void {
  if (echoed !== undefined && echoed !== requested) {
    throw new Undecodable(`it is about another ${what} than the one that was sent`);
  }
}
