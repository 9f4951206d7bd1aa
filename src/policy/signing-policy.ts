import type { InspectOptions } from "node:util";
import { inspect } from "node:util";
import type { X509Certificate } from "@peculiar/x509";
import type { SignOptions } from "../api/hash-signer.js";
import type { Bytes } from "../base/bytes.js";
import { exactCopy } from "../base/bytes.js";
import { SignPathError } from "../base/errors.js";
import type { CertificateInput } from "./chain.js";
import { buildChain, readCertificates, toPem } from "./chain.js";
import type { PolicyState } from "./state.js";
import { certificateFromDer } from "./x509.js";

/** A signature algorithm as WebCrypto names it, with the hash that the key is for and, for ECDSA, optionally its curve. */
export type SigningAlgorithmIdentifier =
  | string
  | {
      readonly name: string;
      readonly hash?: string | { readonly name: string } | undefined;
      readonly saltLength?: number | undefined;
      readonly namedCurve?: string | undefined;
    };

/** Content to sign: bytes, or a source that is read once, in constant memory. A string is the path of a file. */
export type SigningSource =
  | string
  | URL
  | ArrayBuffer
  | ArrayBufferView
  | Blob
  | AsyncIterable<Uint8Array>
  | ReadableStream<Uint8Array>;

/** What the floors above do with a policy. */
export interface PolicyOperations {
  readonly privateKey: (state: PolicyState, algorithm: SigningAlgorithmIdentifier) => CryptoKey;
  readonly publicKey: (state: PolicyState, algorithm: SigningAlgorithmIdentifier) => Promise<CryptoKey>;
  readonly signHash: (
    state: PolicyState,
    hash: ArrayBuffer | ArrayBufferView,
    algorithm: SigningAlgorithmIdentifier,
    options: SignOptions,
  ) => Promise<Bytes>;
  readonly signStream: (
    state: PolicyState,
    source: SigningSource,
    algorithm: SigningAlgorithmIdentifier,
    options: SignOptions,
  ) => Promise<Bytes>;
}

/**
 * A signing policy: a certificate, and a private key that SignPath holds. Policies come from a `SignPath` client. What is
 * said of the key comes from the certificate; of a policy without a usable one only the names can be had, and
 * {@link SigningPolicy.defect} says why.
 */
export class SigningPolicy {
  readonly #state: PolicyState;
  readonly #operations: PolicyOperations;
  #certificate: { readonly der: Bytes; readonly certificate: X509Certificate } | undefined;

  /** @internal */
  constructor(state: PolicyState, operations: PolicyOperations) {
    this.#state = state;
    this.#operations = operations;
  }

  /** Id of the policy, a UUID; empty where the service does not tell it. */
  get id(): string {
    return this.#state.record.signingPolicyId ?? "";
  }

  /** Slug of the project that the policy belongs to. */
  get projectSlug(): string {
    return this.#state.record.projectSlug;
  }

  /** Slug of the policy within its project. */
  get signingPolicySlug(): string {
    return this.#state.record.signingPolicySlug;
  }

  /** `project/policy`, as {@link SignPath.policy} takes it. */
  get reference(): string {
    return this.#state.reference;
  }

  /** Kind of the key, by its JWK name; `undefined` for a policy that cannot be used. */
  get keyType(): "RSA" | "EC" | undefined {
    const type = this.#state.usableFacts?.key.type;
    return type && (type === "rsa" ? "RSA" : "EC");
  }

  /** Length of the RSA modulus or of the curve's field in bits; `undefined` for a policy that cannot be used. */
  get keySizeInBits(): number | undefined {
    return this.#state.usableFacts?.key.modulusLength;
  }

  /** WebCrypto name of an elliptic curve key's curve. */
  get namedCurve(): string | undefined {
    const key = this.#state.usableFacts?.key;
    return key?.type === "ec" ? key.namedCurve : undefined;
  }

  /** Why the policy cannot be used for signing; `undefined` where it can. */
  get defect(): string | undefined {
    return this.#state.defect;
  }

  /**
   * The policy's certificate. After a rotation that was noticed, the new one.
   *
   * @throws {SignPathError} `POLICY_UNUSABLE`
   */
  get certificate(): X509Certificate {
    const { der } = this.#state.facts();
    if (this.#certificate?.der !== der) this.#certificate = { der, certificate: this.#parse(der) };
    return this.#certificate.certificate;
  }

  /**
   * The policy's certificate as DER.
   *
   * @throws {SignPathError} `POLICY_UNUSABLE`
   */
  get certificateDer(): Bytes {
    return exactCopy(this.#state.facts().der);
  }

  /**
   * The policy's certificate as PEM, with a final line break.
   *
   * @throws {SignPathError} `POLICY_UNUSABLE`
   */
  get certificatePem(): string {
    return toPem(this.#state.facts().der);
  }

  /**
   * The certificate, followed by those of its issuers that are among the candidates, each of which has been checked to
   * have signed the one before. The API itself gives only the certificate.
   *
   * @param candidates - PEM bundles, DER, or certificate objects
   * @returns the certificates, that of the policy first; a root only where it is among the candidates
   * @throws {SignPathError} `POLICY_UNUSABLE`; `CONFIG_INVALID` for a candidate that cannot be read
   */
  async certificateChain(candidates: Iterable<CertificateInput> = []): Promise<X509Certificate[]> {
    const { der } = this.#state.facts();
    const inputs = typeof candidates === "string" ? [candidates] : candidates;
    return buildChain(der, readCertificates(inputs)).map((each) => this.#parse(each));
  }

  /** OpenSSL, which has read it before, takes more than @peculiar/x509. */
  #parse(der: Bytes): X509Certificate {
    try {
      return certificateFromDer(der);
    } catch (cause) {
      const message = `signing policy ${this.reference} cannot be used: a certificate of its chain cannot be read`;
      throw new SignPathError("POLICY_UNUSABLE", message, { stage: "policy", cause });
    }
  }

  /**
   * The public key, as a native `CryptoKey`.
   *
   * @param algorithm - with `hash` for RSA
   * @returns a key for `verify`, extractable
   * @throws {SignPathError} `POLICY_UNUSABLE`, `ALGORITHM_NOT_SUPPORTED`
   */
  publicKey(algorithm: SigningAlgorithmIdentifier): Promise<CryptoKey> {
    return this.#operations.publicKey(this.#state, algorithm);
  }

  /**
   * The private key: a handle with which `subtle.sign` of this package, and every toolkit that is given its `crypto`,
   * signs through SignPath.
   *
   * @param algorithm - with `hash` for RSA; ECDSA takes it when it signs, unless the key is to be bound to one
   * @returns a key for `sign`, which is not extractable
   * @throws {SignPathError} `POLICY_UNUSABLE`, `ALGORITHM_NOT_SUPPORTED`
   */
  privateKey(algorithm: SigningAlgorithmIdentifier): CryptoKey {
    return this.#operations.privateKey(this.#state, algorithm);
  }

  /**
   * Both keys; see {@link publicKey} and {@link privateKey}.
   *
   * @param algorithm - with `hash` for RSA
   * @returns the private key as a handle, the public one as a native key
   * @throws {SignPathError} `POLICY_UNUSABLE`, `ALGORITHM_NOT_SUPPORTED`
   */
  async keyPair(algorithm: SigningAlgorithmIdentifier): Promise<CryptoKeyPair> {
    const privateKey = this.privateKey(algorithm);
    return { privateKey, publicKey: await this.publicKey(algorithm) };
  }

  /**
   * Signs a hash.
   *
   * @param hash - the digest, as long as the algorithm's hash says
   * @param algorithm - with `hash`, for ECDSA as well
   * @returns the signature; ECDSA as r‖s (IEEE P1363)
   * @throws {SignPathError} `REQUEST_REJECTED` for a digest of another length, before anything is sent; see {@link signStream} for the rest
   */
  signHash(
    hash: ArrayBuffer | ArrayBufferView,
    algorithm: SigningAlgorithmIdentifier,
    options: SignOptions = {},
  ): Promise<Bytes> {
    return this.#operations.signHash(this.#state, hash, algorithm, options);
  }

  /**
   * Hashes a source of any size in constant memory and signs the hash. Errors of the source are passed on as they are.
   *
   * @param source - bytes, a Blob, a stream, an async iterable of bytes, or the path of a file
   * @param algorithm - with `hash`, for ECDSA as well
   * @returns the signature; ECDSA as r‖s (IEEE P1363)
   * @throws {SignPathError} `POLICY_UNUSABLE`, `ALGORITHM_NOT_SUPPORTED`, `ABORTED`, `AUTHENTICATION_FAILED`, `FORBIDDEN`,
   * `POLICY_NOT_FOUND`, `REQUEST_REJECTED`, `REQUEST_DENIED`, `REQUEST_PENDING`, `THROTTLED`, `SERVICE_UNAVAILABLE`,
   * `CONNECTION_FAILED`, `TLS_FAILED`, `TIMEOUT`, `INVALID_RESPONSE`, `SIGNATURE_INVALID`, `CERTIFICATE_CHANGED`
   */
  signStream(
    source: SigningSource,
    algorithm: SigningAlgorithmIdentifier,
    options: SignOptions = {},
  ): Promise<Bytes> {
    return this.#operations.signStream(this.#state, source, algorithm, options);
  }

  /**
   * The policy as plain data, without keys.
   *
   * @returns ids, slugs, and what the key is
   */
  toJSON(): Record<string, unknown> {
    const { id, reference, projectSlug, signingPolicySlug, keyType, keySizeInBits, namedCurve, defect } =
      this;
    return { id, reference, projectSlug, signingPolicySlug, keyType, keySizeInBits, namedCurve, defect };
  }
}

Object.defineProperty(SigningPolicy.prototype, inspect.custom, {
  value(this: SigningPolicy, _depth: number, options: InspectOptions): string {
    const described = Object.entries(this.toJSON()).filter(([, value]) => value !== undefined);
    return `SigningPolicy ${inspect(Object.fromEntries(described), options)}`;
  },
});
