import { createHash } from "node:crypto";
import { signMessageDer } from "../../adapter/sign-message.js";
import type { CallOptions } from "../../api/transport/request.js";
import { requireSignal } from "../../base/abort.js";
import type { Bytes } from "../../base/bytes.js";
import { concatAll, equal, exactCopy, isBufferSource, viewOf } from "../../base/bytes.js";
import { SignPathError } from "../../base/errors.js";
import { requireOptions } from "../../base/options.js";
import { encode, TAGS } from "../../cms/asn1/der.js";
import { childrenOf, MalformedAsn1, readElement } from "../../cms/asn1/element.js";
import type { CertificateOptions, TimestampChoice } from "../../cms/index.js";
import { Chains } from "../../cms/sign/chain/chains.js";
import { octets } from "../../cms/sign/edit/read.js";
import { hashOfLength } from "../../cms/timestamp/plan.js";
import type { Stamper } from "../../cms/timestamp/stamper.js";
import { stamperOf } from "../../cms/timestamp/stamper.js";
import type { AlgorithmName } from "../../key/algorithms.js";
import type { SignPathCryptoKey } from "../../key/crypto-key.js";
import { bindingOf } from "../../key/crypto-key.js";
import type { HashAlgorithm } from "../../key/hashes.js";
import type { SigningPolicy } from "../../policy/signing-policy.js";
import type { HashName } from "../../wire/signing.js";
import { authenticodeHash } from "./options.js";
import { unsuitable } from "./refusal.js";

/** Who signs for resedit. */
export interface SignerObjectOptions
  extends CallOptions,
    Pick<CertificateOptions, "certificates" | "includeRoot"> {
  /** Whose key signs. */
  readonly policy: SigningPolicy;
  /** Hash of the file and of what is signed. Default: `"SHA-256"`. */
  readonly hash?: "SHA-256" | "SHA-384" | "SHA-512" | undefined;
  /** Windows takes no RSA-PSS in Authenticode. */
  readonly padding?: "pkcs1" | undefined;
  /** Authorities to ask for a timestamp, or more about them. Default: no timestamp. */
  readonly timestamp?: TimestampChoice | undefined;
}

/** What resedit calls a `SignerObject`; every release since 2.0 takes this one. */
export interface SignerObject {
  getDigestAlgorithm(): "sha256" | "sha384" | "sha512";
  /** `"rsa"`, or the arcs of the object identifier of ECDSA with the hash. */
  getEncryptionAlgorithm(): "rsa" | number[];
  /** DER, the signer's first. */
  getCertificateData(): ArrayBuffer[];
  digestData(data: Iterator<ArrayBuffer, void>): Promise<ArrayBuffer>;
  signData(data: Iterator<ArrayBuffer, void>): Promise<ArrayBuffer>;
  timestampData?(request: ArrayBuffer): Promise<ArrayBuffer>;
}

const DIGEST_NAMES = { "SHA-256": "sha256", "SHA-384": "sha384", "SHA-512": "sha512" } as const;
/** Of RFC 5758, section 3.2. */
const ECDSA_ARCS: Readonly<Record<keyof typeof DIGEST_NAMES, readonly number[]>> = {
  "SHA-256": [1, 2, 840, 10045, 4, 3, 2],
  "SHA-384": [1, 2, 840, 10045, 4, 3, 3],
  "SHA-512": [1, 2, 840, 10045, 4, 3, 4],
};

/**
 * A `SignerObject` for those who work with resedit themselves. resedit signs the file as it would write it; what it does not
 * do, nesting, descriptions, page hashes and a right checksum, {@link signExecutable} and {@link finalizeExecutable} do.
 *
 * ```ts
 * const signer = createSignerObject({ policy, certificates: [intermediatesPem] });
 * const signed = await generateExecutableWithSign(executable, signer, 8); // 8: how Windows wants it aligned
 * await writeFile("app.exe", await finalizeExecutable(signed));
 * ```
 *
 * What signing fails with, a `SignPathError`, comes out of `generateExecutableWithSign`; `CERTIFICATE_CHANGED` among them,
 * where the policy got another certificate after resedit had asked for it.
 *
 * @returns the signer, for one file at a time
 * @throws {SignPathError} `ALGORITHM_NOT_SUPPORTED`, `POLICY_UNUSABLE`, `CONFIG_INVALID`
 * @throws {TypeError} for a policy that is none
 */
export function createSignerObject(options: SignerObjectOptions): SignerObject {
  requireOptions(options);
  const { policy, certificates, includeRoot, timestamp, signal } = options;
  requireSignal(signal);
  const hash = authenticodeHash(policy, options);
  const name = nameOf(hash);
  const algorithm: AlgorithmName = policy.keyType === "EC" ? "ECDSA" : "RSASSA-PKCS1-v1_5";
  const chains = new Chains({ certificates, includeRoot });
  const stamper = timestamp === undefined ? undefined : stamperOf(timestamp, signal);
  let written: Bytes | undefined;
  return {
    getDigestAlgorithm: () => DIGEST_NAMES[name],
    getEncryptionAlgorithm: () => (algorithm === "ECDSA" ? [...ECDSA_ARCS[name]] : "rsa"),
    getCertificateData() {
      written = policy.certificateDer;
      return (chains.of(written) ?? [written]).map((der) => exactCopy(der).buffer);
    },
    async digestData(data) {
      const running = createHash(hash.nodeName);
      for (const piece of piecesOf(data)) running.update(piece);
      return exactCopy(running.digest()).buffer;
    },
    async signData(data) {
      const before = written;
      const message = concatAll(piecesOf(data));
      const signature = await signMessageDer(policy, { name: algorithm, hash: name }, message, { signal });
      if (before !== undefined && !equal(before, policy.certificateDer)) throw certificateChanged(policy);
      return exactCopy(signature).buffer;
    },
    ...(stamper && {
      timestampData: (request: ArrayBuffer) => stampRequest(request, stamper, policy, algorithm, name),
    }),
  };
}

/**
 * Has the digest in a `TimeStampReq` stamped. resedit's request has no nonce, ours has one and its answer is checked: what
 * is given back is a `TimeStampResp` around the token of that.
 */
async function stampRequest(
  request: ArrayBuffer,
  stamper: Stamper,
  policy: SigningPolicy,
  algorithm: AlgorithmName,
  hash: HashName,
): Promise<ArrayBuffer> {
  const digest = requestedDigest(request);
  const key = policy.privateKey({ name: algorithm, hash }) as SignPathCryptoKey & CryptoKey;
  const { api } = bindingOf(key).state.connection;
  const { token } = await stamper.stampDigest(digest, api);
  const granted = encode(TAGS.sequence, encode(TAGS.integer, Uint8Array.of(0)));
  return encode(TAGS.sequence, granted, token).buffer;
}

/** The digest in a `TimeStampReq`. */
function requestedDigest(request: unknown): Bytes {
  if (!isBufferSource(request)) throw new TypeError("a timestamp request must be bytes");
  try {
    const [, imprint] = childrenOf(readElement(exactCopy(viewOf(request))));
    const [, digest] = imprint === undefined ? [] : childrenOf(imprint);
    if (digest === undefined) throw new MalformedAsn1("it has no message imprint");
    const bytes = octets(digest);
    if (hashOfLength(bytes.length) !== undefined) return bytes;
    throw new MalformedAsn1(`it is for a digest of ${bytes.length} bytes`);
  } catch (cause) {
    if (!(cause instanceof MalformedAsn1)) throw cause;
    throw unsuitable(`the timestamp request cannot be read: ${cause.message}`, cause);
  }
}

function piecesOf(data: Iterator<ArrayBuffer, void>): Uint8Array[] {
  if (typeof data?.next !== "function") throw new TypeError("resedit must give an iterator of bytes");
  const pieces: Uint8Array[] = [];
  for (let next = data.next(); !next.done; next = data.next()) {
    if (!isBufferSource(next.value)) throw new TypeError("resedit must give bytes to hash or to sign");
    pieces.push(viewOf(next.value));
  }
  return pieces;
}

function nameOf({ name }: HashAlgorithm): keyof typeof DIGEST_NAMES {
  if (name === "SHA-1") throw new TypeError("there is no SHA-1 here");
  return name;
}

function certificateChanged({ reference }: SigningPolicy): SignPathError {
  const message = `the certificate of signing policy ${reference} was replaced while an executable was signed; the next call uses the new one`;
  return new SignPathError("CERTIFICATE_CHANGED", message, { stage: "sign", retryable: true });
}
