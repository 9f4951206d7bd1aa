import type { SignPathError } from "../base/errors.js";
import { Slab } from "../base/slab.js";
import { SUBMISSION_FIELDS } from "../wire/routes.js";
import type {
  HashIdentifiers,
  HashSigningPayload,
  SignatureAlgorithm,
  SignHashRequest,
} from "../wire/signing.js";
import { HASHES } from "../wire/signing.js";
import type { RequestMetadata } from "./metadata.js";
import { encodeForm, formContentType, randomBoundary } from "./multipart.js";

/** The signing policy that a request names. */
export interface SigningTarget {
  readonly projectSlug: string;
  readonly signingPolicySlug: string;
}

type Kind = "fast" | "submission" | "sign-hash";

/** What a signature is asked for with. */
export interface RequestedAlgorithm {
  readonly signatureAlgorithm: SignatureAlgorithm;
  readonly hash: HashIdentifiers;
}

/** `SignHash` names padding apart from the key's kind. */
const SIGN_HASH_ALGORITHMS: Readonly<
  Record<
    SignatureAlgorithm,
    { readonly signatureAlgorithm: "Rsa" | "Ecdsa"; readonly paddingMode?: "Pkcs1" | "Pss" }
  >
> = {
  RsaPkcs1: { signatureAlgorithm: "Rsa", paddingMode: "Pkcs1" },
  RsaPss: { signatureAlgorithm: "Rsa", paddingMode: "Pss" },
  Ecdsa: { signatureAlgorithm: "Ecdsa" },
};

const bodies = new Slab();

/** A body in which only the hash is still missing, whose Base64 always has the same length. */
export class Mould {
  readonly #bytes: Buffer;
  readonly #offset: number;

  constructor(head: string, hashBytes: number, tail: string) {
    const begin = Buffer.from(head);
    this.#bytes = Buffer.concat([begin, Buffer.alloc(base64Length(hashBytes)), Buffer.from(tail)]);
    this.#offset = begin.length;
  }

  /** @param hash - standard Base64 of the digest */
  pour(hash: string): Buffer {
    const body = bodies.copy(this.#bytes);
    body.write(hash, this.#offset, "latin1");
    return body;
  }
}

/**
 * The requests for one policy and algorithm. As long as the metadata does not change, the bodies differ in the hash alone:
 * their mould is made once.
 */
export class SigningTemplate {
  readonly target: SigningTarget;
  readonly algorithm: RequestedAlgorithm;
  readonly formContentType: string;
  /** Why what is made from it is not to be sent any more, if it is not; see `ApiRequest`. */
  readonly obsolete: ((attempts: number) => SignPathError | undefined) | undefined;
  readonly #metadata: { readonly constant: boolean; readonly next: () => RequestMetadata | undefined };
  readonly #boundary: string = randomBoundary();
  readonly #moulds = new Map<Kind, Mould>();

  constructor(
    target: SigningTarget,
    algorithm: RequestedAlgorithm,
    metadata: { readonly constant: boolean; readonly next: () => RequestMetadata | undefined },
    obsolete?: (attempts: number) => SignPathError | undefined,
  ) {
    this.target = target;
    this.algorithm = algorithm;
    this.formContentType = formContentType(this.#boundary);
    this.#metadata = metadata;
    this.obsolete = obsolete;
  }

  /** Form of a fast signing request. */
  fast(): Mould {
    return this.#mouldOf("fast");
  }

  /** Form of an asynchronous signing request. */
  submission(): Mould {
    return this.#mouldOf("submission");
  }

  /** JSON body of `SignHash`. */
  signHash(): Mould {
    return this.#mouldOf("sign-hash");
  }

  #mouldOf(kind: Kind): Mould {
    const known = this.#moulds.get(kind);
    if (known !== undefined) return known;
    const [head = "", tail = ""] = this.#text(kind).split(PLACEHOLDER);
    const mould = new Mould(head, this.algorithm.hash.length, tail);
    if (this.#metadata.constant) this.#moulds.set(kind, mould);
    return mould;
  }

  #text(kind: Kind): string {
    if (kind === "sign-hash") return this.#signHashText();
    return this.#form(kind === "fast" ? "true" : "false");
  }

  #form(fast: "true" | "false"): string {
    const { projectSlug, signingPolicySlug } = this.target;
    const file = { name: "payload.json", contentType: "application/json" };
    return encodeForm(
      [
        { name: SUBMISSION_FIELDS.projectSlug, value: projectSlug },
        { name: SUBMISSION_FIELDS.signingPolicySlug, value: signingPolicySlug },
        { name: SUBMISSION_FIELDS.isFastSigningRequest, value: fast },
        { name: SUBMISSION_FIELDS.artifact, value: this.#payload(), file },
      ],
      this.#boundary,
    );
  }

  #payload(): string {
    const { signatureAlgorithm, hash } = this.algorithm;
    const metadata = this.#metadata.next();
    const payload: HashSigningPayload = {
      SignatureAlgorithm: signatureAlgorithm,
      ...(signatureAlgorithm !== "Ecdsa" && { RsaHashAlgorithm: hash.oid }),
      Base64EncodedHash: PLACEHOLDER,
      ...(metadata !== undefined && { Metadata: metadata.payload }),
    };
    return JSON.stringify(payload);
  }

  #signHashText(): string {
    const { signatureAlgorithm, paddingMode } = SIGN_HASH_ALGORITHMS[this.algorithm.signatureAlgorithm];
    const metadata = this.#metadata.next();
    const hashAlgorithmName = HASHES[this.algorithm.hash.name].signHashName;
    const request: SignHashRequest = {
      projectSlug: this.target.projectSlug,
      signingPolicySlug: this.target.signingPolicySlug,
      hashSigningData: {
        hash: PLACEHOLDER,
        signatureAlgorithm,
        ...(paddingMode !== undefined && { rsaOptions: { hashAlgorithmName, paddingMode } }),
        ...(paddingMode === undefined && { ecdsaOptions: { signatureFormat: "Ieee" } }),
        ...(metadata !== undefined && { metadata: metadata.signHash }),
      },
    };
    return JSON.stringify(request);
  }
}

/** Stands for the hash while a body is made; new for each process, so that no metadata can hold it by intent. */
const PLACEHOLDER: string = randomBoundary();

function base64Length(bytes: number): number {
  return Math.ceil(bytes / 3) * 4;
}
