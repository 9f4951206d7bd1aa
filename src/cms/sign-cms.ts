import { createHash } from "node:crypto";
import * as asn1js from "asn1js";
import * as pkijs from "pkijs";
import type { CallOptions } from "../api/request.js";
import type { Bytes } from "../base/bytes.js";
import { concat, exactCopy, viewOf } from "../base/bytes.js";
import { SignPathError } from "../base/errors.js";
import type { AlgorithmName } from "../key/algorithms.js";
import type { SignPathCryptoKey } from "../key/crypto-key.js";
import type { HashAlgorithm } from "../key/hashes.js";
import { HASH_ALGORITHMS } from "../key/hashes.js";
import type { CertificateInput } from "../policy/chain.js";
import { buildChain, readCertificates } from "../policy/chain.js";
import type { SigningPolicy, SigningSource } from "../policy/signing-policy.js";
import { digestSource } from "../subtle/digest.js";
import { signWithKey } from "../subtle/sign.js";
import { chunksOf, isBytes } from "../subtle/source.js";
import { signedAttributes } from "./attributes.js";
import { encodeAround } from "./encode.js";
import { makeEngine } from "./engine.js";

/** Content type id-data (RFC 5652, section 4). */
const ID_DATA = "1.2.840.113549.1.7.1";

/** Attached content is held in memory, up to this many bytes. */
const MOST_ATTACHED_BYTES = 1024 ** 3;

/** How to make a CMS signature. */
export interface SignCmsOptions extends CallOptions {
  /** Whose key signs. */
  readonly policy: SigningPolicy;
  /** Hash of the content and of the signed attributes. Default: `"SHA-256"`. */
  readonly hash?: "SHA-256" | "SHA-384" | "SHA-512" | undefined;
  /** Padding of an RSA signature. Default: `"pkcs1"`. */
  readonly padding?: "pkcs1" | "pss" | undefined;
  /** Leave the content out of the result. Default: `true`. */
  readonly detached?: boolean | undefined;
  /**
   * Issuers to include beside the policy's certificate: PEM bundles, DER or certificate objects. Those that are not part of
   * its chain are left out; the root too, because who verifies must have it anyway.
   */
  readonly certificates?: Iterable<CertificateInput> | undefined;
  /** The signing time attribute. Default: now; `false` leaves it out. */
  readonly signingTime?: Date | false | undefined;
}

const HASH_CHOICES: ReadonlySet<unknown> = new Set(["SHA-256", "SHA-384", "SHA-512"]);
const PADDING_CHOICES: ReadonlyMap<unknown, AlgorithmName> = new Map([
  ["pkcs1", "RSASSA-PKCS1-v1_5"],
  ["pss", "RSA-PSS"],
]);

/** The options with their defaults, checked. */
interface Plan {
  readonly policy: SigningPolicy;
  readonly algorithm: { readonly name: AlgorithmName; readonly hash: string };
  readonly hash: HashAlgorithm;
  readonly detached: boolean;
  /** DER, the policy's own first. */
  readonly chain: readonly Bytes[];
  readonly signingTime: Date | undefined;
  readonly signal: AbortSignal | undefined;
}

function makePlan(options: SignCmsOptions): Plan {
  const {
    policy,
    hash = "SHA-256",
    padding,
    detached = true,
    certificates = [],
    signingTime = new Date(),
    signal,
  } = options;
  if (!HASH_CHOICES.has(hash))
    throw refused(`CMS is signed with ${[...HASH_CHOICES].join(", ")}, not with ${String(hash)}`);
  if (padding !== undefined && !PADDING_CHOICES.has(padding))
    throw refused(`there is no padding ${String(padding)}: pkcs1 and pss are`);
  const hashAlgorithm = HASH_ALGORITHMS.get(hash);
  if (hashAlgorithm === undefined) throw refused(`there is no hash ${hash}`);
  if (signingTime !== false && Number.isNaN(signingTime.getTime()))
    throw refused("the signing time is not a valid date");
  const leaf = policy.certificateDer;
  const isRsa = policy.keyType === "RSA";
  if (!isRsa && padding !== undefined)
    throw refused(`padding is for RSA keys; ${policy.reference} has an EC key`);
  const inputs = typeof certificates === "string" ? [certificates] : certificates;
  return {
    policy,
    algorithm: { name: isRsa ? (PADDING_CHOICES.get(padding) ?? "RSASSA-PKCS1-v1_5") : "ECDSA", hash },
    hash: hashAlgorithm,
    detached,
    chain: withoutRoot(buildChain(leaf, readCertificates(inputs))),
    signingTime: signingTime === false ? undefined : signingTime,
    signal,
  };
}

function refused(message: string): SignPathError {
  return new SignPathError("ALGORITHM_NOT_SUPPORTED", message, { stage: "cms" });
}

function withoutRoot(chain: readonly Bytes[]): readonly Bytes[] {
  const isRoot = (der: Bytes): boolean => {
    const { issuer, subject } = pkijs.Certificate.fromBER(der);
    return issuer.isEqual(subject);
  };
  return chain.filter((der, index) => index === 0 || !isRoot(der));
}

/**
 * Signs content as CMS SignedData (RFC 5652), in DER: one signer, identified by issuer and serial number, with the signed
 * attributes contentType, messageDigest, signingTime and signing-certificate-v2 (RFC 5035). Only the hash of the signed
 * attributes is sent. Detached content of any size is read in constant memory; attached content may have up to 1 GiB.
 *
 * ```ts
 * const p7s = await signCms("setup.msi", { policy });
 * ```
 *
 * @param source - bytes, a Blob, a stream, an async iterable of bytes, or the path of a file
 * @throws {SignPathError} those of `SigningPolicy.signStream`; `CONFIG_INVALID` for certificates that cannot be read;
 * `REQUEST_REJECTED` for attached content that is too large
 */
export async function signCms(source: SigningSource, options: SignCmsOptions): Promise<Bytes> {
  const plan = makePlan(options);
  const key = plan.policy.privateKey(plan.algorithm) as SignPathCryptoKey & CryptoKey;
  const content = plan.detached ? undefined : await readAll(source, plan.signal);
  const messageDigest = await digestSource(plan.hash, content ?? source, plan.signal);
  const signedData = await signDigest(plan, key, messageDigest);
  const { before, after } = encodeAround(signedData, content?.byteLength);
  return content === undefined ? concat(before, after) : concat(before, content, after);
}

async function readAll(source: SigningSource, signal: AbortSignal | undefined): Promise<Uint8Array> {
  if (isBytes(source)) return exactCopy(viewOf(source));
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of chunksOf(source, signal)) {
    length += chunk.byteLength;
    if (length > MOST_ATTACHED_BYTES) {
      const message = `content of more than ${MOST_ATTACHED_BYTES} bytes cannot be attached: sign it detached`;
      throw new SignPathError("REQUEST_REJECTED", message, { stage: "cms" });
    }
    chunks.push(exactCopy(chunk));
  }
  return concat(...chunks);
}

/** A detached SignedData over a content whose digest is known. */
async function signDigest(
  plan: Plan,
  key: SignPathCryptoKey & CryptoKey,
  messageDigest: Uint8Array,
): Promise<pkijs.SignedData> {
  const [leaf = new Uint8Array()] = plan.chain;
  const certificates = plan.chain.map((der) => pkijs.Certificate.fromBER(der));
  const certificate = pkijs.Certificate.fromBER(leaf);
  const signedAttrs = signedAttributes({
    contentType: ID_DATA,
    messageDigest,
    signingTime: plan.signingTime,
    certificate,
    certificateDigest: createHash(plan.hash.nodeName).update(leaf).digest(),
    certificateHash: plan.hash.name,
  });
  const engine = makeEngine(pkijs);
  const { signatureAlgorithm, parameters } = await engine.getSignatureParameters(key, plan.hash.name);
  // DER encodes the attributes as a SET OF where they are signed (RFC 5652, section 5.4).
  const signed = new Uint8Array(signedAttrs.toSchema().toBER());
  signed[0] = 0x31;
  const { buffer } = await signWithKey(parameters.algorithm as { name: string }, key, signed, {
    signal: plan.signal,
  });
  const signature = plan.algorithm.name === "ECDSA" ? pkijs.createCMSECDSASignature(buffer) : buffer;
  const digestAlgorithm = new pkijs.AlgorithmIdentifier({
    algorithmId: plan.hash.oid,
    algorithmParams: new asn1js.Null(),
  });
  return new pkijs.SignedData({
    version: 1,
    digestAlgorithms: [digestAlgorithm],
    encapContentInfo: new pkijs.EncapsulatedContentInfo({ eContentType: ID_DATA }),
    certificates: inDerOrder(certificates),
    signerInfos: [
      new pkijs.SignerInfo({
        version: 1,
        sid: new pkijs.IssuerAndSerialNumber({
          issuer: certificate.issuer,
          serialNumber: certificate.serialNumber,
        }),
        digestAlgorithm,
        signedAttrs,
        signatureAlgorithm,
        signature: new asn1js.OctetString({ valueHex: signature }),
      }),
    ],
  });
}

/** The certificates are a SET OF too. */
function inDerOrder(certificates: readonly pkijs.Certificate[]): pkijs.Certificate[] {
  return certificates
    .map((certificate) => ({ certificate, der: Buffer.from(certificate.toSchema().toBER()) }))
    .sort((a, b) => Buffer.compare(a.der, b.der))
    .map(({ certificate }) => certificate);
}
