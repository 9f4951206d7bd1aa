import { createHash, X509Certificate as NodeCertificate, randomBytes } from "node:crypto";
import * as asn1js from "asn1js";
import * as pkijs from "pkijs";
import type { SignerChoice } from "../../adapter/choice.js";
import { algorithmOf } from "../../adapter/choice.js";
import { signMessageDer } from "../../adapter/sign-message.js";
import type { Bytes } from "../../base/bytes.js";
import { concat, viewOf } from "../../base/bytes.js";
import { requireOptions } from "../../base/options.js";
import { algorithmIdentifier, isObjectIdentifier } from "../../cms/asn1/object-identifier.js";
import { CONTENT_TYPES } from "../../cms/asn1/oids.js";
import { signedAttributes } from "../../cms/sign/attributes.js";
import { encodeAround } from "../../cms/sign/encode.js";
import { signatureAlgorithm } from "../../cms/sign/signature-algorithm.js";
import { signerIdentifier } from "../../cms/sign/signer-identifier.js";
import { encodeSignerInfo, signerInfoOf } from "../../cms/sign/signer-info.js";
import type { HashAlgorithm } from "../../key/hashes.js";
import { HASH_ALGORITHMS } from "../../key/hashes.js";
import type { CertificateInput } from "../../policy/chain.js";
import { readCertificates } from "../../policy/chain.js";
import { certificateFor, refused, toSecond, withOneKey } from "./signer.js";

/** The answer of a policy as a timestamp authority. */
export interface TimestampResponseOptions extends SignerChoice {
  /** `TimeStampReq` as DER. */
  readonly request: BufferSource;
  /** Object identifier of the authority's own policy, under which the time is said. */
  readonly timestampPolicy: string;
  /**
   * The authority's certificate, for the policy's key: its extended key usage must be time stamping alone, and critical.
   * Default: the policy's own.
   */
  readonly authority?: CertificateInput | undefined;
  /** More certificates to include beside the authority's where the request asks for it, such as its issuers. */
  readonly certificates?: Iterable<CertificateInput> | undefined;
  /** What is said; to the second. Default: now. */
  readonly time?: Date | undefined;
  /** How far the time may be off, in seconds. Default: not said. */
  readonly accuracySeconds?: number | undefined;
  /** In hexadecimal, at most 20 bytes; never the same twice. Default: 16 random bytes. */
  readonly serialNumber?: string | undefined;
}

const TIME_STAMPING = "1.3.6.1.5.5.7.3.8";
const EXTENDED_KEY_USAGE = "2.5.29.37";
const LONGEST_REQUEST_BYTES = 64 * 1024;

interface TimestampOrder {
  readonly imprint: pkijs.MessageImprint;
  readonly nonce: asn1js.Integer | undefined;
  readonly withCertificates: boolean;
}

/**
 * A timestamp (RFC 3161): `TimeStampResp` as DER, with the token in it.
 *
 * @returns `TimeStampResp`, DER
 * @throws {SignPathError} `CONFIG_INVALID` for a request that cannot be read or asks for what cannot be given, or a certificate
 * that is not for timestamps; `ALGORITHM_NOT_SUPPORTED`, `POLICY_UNUSABLE`, `CERTIFICATE_CHANGED`, and whatever signing can
 * fail with
 */
export async function createTimestampResponse(options: TimestampResponseOptions): Promise<Bytes> {
  requireOptions(options);
  const { policy, signal, timestampPolicy, time = new Date() } = options;
  if (!isObjectIdentifier(timestampPolicy)) throw refused("timestampPolicy must be an object identifier");
  const order = readRequest(options.request, timestampPolicy);
  const info = encodeInfo(options, order, time);
  const others = readCertificates(options.certificates ?? []);
  return withOneKey(options, async () => {
    const algorithm = algorithmOf(options);
    const hash = hashNamed(algorithm.hash);
    const authority = certificateFor(options, options.authority);
    requireForTimestamps(authority);
    const digestAlgorithm = algorithmIdentifier(hash.oid);
    const ofSignature = signatureAlgorithm(algorithm.name, hash);
    const messageDigest = createHash(hash.nodeName).update(info).digest();
    const attributes = signedAttributes(
      {
        contentType: CONTENT_TYPES.tstInfo,
        signingTime: time,
        signingCertificate: true,
        algorithmProtection: false,
        others: [],
      },
      { messageDigest, hash, certificate: authority, signatureAlgorithm: ofSignature },
    );
    const signerInfo = signerInfoOf({
      identifier: signerIdentifier(authority, false, policy.reference),
      usesKeyIdentifier: false,
      digestAlgorithm,
      signedAttributes: attributes,
      signatureAlgorithm: ofSignature,
      signature: await signMessageDer(policy, algorithm, attributes, { signal }),
    });
    const { before, after } = encodeAround(
      {
        version: 3,
        digestAlgorithms: [digestAlgorithm],
        contentType: CONTENT_TYPES.tstInfo,
        certificates: order.withCertificates ? [authority, ...others] : [],
        crls: [],
        signerInfos: [encodeSignerInfo(signerInfo)],
      },
      { bytes: info.length, isOctetString: true },
    );
    return encodeResponse(concat(before, info, after));
  });
}

function readRequest(request: BufferSource, timestampPolicy: string): TimestampOrder {
  const bytes = viewOf(request);
  if (bytes.length > LONGEST_REQUEST_BYTES) throw refused("the timestamp request is too long");
  const read = decodeRequest(bytes);
  const { messageImprint: imprint, reqPolicy, nonce, certReq = false, extensions = [] } = read;
  const { algorithmId } = imprint.hashAlgorithm;
  const hash = [...HASH_ALGORITHMS.values()].find(({ oid }) => oid === algorithmId);
  if (hash === undefined || hash.name === "SHA-1")
    throw refused(
      `the timestamp request is for a digest by ${algorithmId}: SHA-256, SHA-384 and SHA-512 are taken`,
    );
  if (imprint.hashedMessage.valueBlock.valueHexView.length !== hash.length)
    throw refused(`the digest of the timestamp request is not one by ${hash.name}`);
  if (reqPolicy !== undefined && reqPolicy !== timestampPolicy)
    throw refused(`the timestamp request is for another policy, ${reqPolicy}`);
  if (extensions.length > 0) throw refused("the timestamp request has extensions, which are not known here");
  return { imprint, nonce, withCertificates: certReq };
}

function decodeRequest(bytes: Uint8Array): pkijs.TimeStampReq {
  try {
    return pkijs.TimeStampReq.fromBER(bytes as Uint8Array<ArrayBuffer>);
  } catch (cause) {
    throw refused("the timestamp request cannot be read: it must be DER", cause);
  }
}

function encodeInfo(
  { timestampPolicy, accuracySeconds, serialNumber }: TimestampResponseOptions,
  { imprint, nonce }: TimestampOrder,
  time: Date,
): Bytes {
  if (accuracySeconds !== undefined && !(Number.isSafeInteger(accuracySeconds) && accuracySeconds >= 0))
    throw refused("accuracySeconds must be a whole number of seconds from 0 on");
  const info = new pkijs.TSTInfo({
    version: 1,
    policy: timestampPolicy,
    messageImprint: imprint,
    serialNumber: new asn1js.Integer({ valueHex: serialNumberOf(serialNumber) }),
    // DER has no zeros at the end of a fraction (RFC 3161, section 2.4.2).
    genTime: toSecond(time, "time"),
    ...(accuracySeconds !== undefined && { accuracy: new pkijs.Accuracy({ seconds: accuracySeconds }) }),
    ...(nonce !== undefined && { nonce }),
  });
  return new Uint8Array(info.toSchema().toBER());
}

/** The contents of a positive INTEGER. */
function serialNumberOf(given: string | undefined): ArrayBuffer {
  if (given !== undefined && (!/^(?:[0-9a-f]{2}){1,20}$/i.test(given) || /^0*$/.test(given)))
    throw refused("serialNumber must be from 1 to 20 bytes in hexadecimal, and not zero");
  const digits = given === undefined ? randomBytes(16) : Buffer.from(given, "hex");
  const first = digits.findIndex((byte) => byte !== 0);
  return concat(Uint8Array.of(0), digits.subarray(first)).slice((digits[first] ?? 0) >= 0x80 ? 0 : 1).buffer;
}

/** RFC 3161, section 2.3. */
function requireForTimestamps(certificate: Bytes): void {
  const parsed = pkijs.Certificate.fromBER(certificate.buffer);
  const usage = parsed.extensions?.find(({ extnID }) => extnID === EXTENDED_KEY_USAGE);
  const purposes = new NodeCertificate(certificate).keyUsage ?? [];
  if (usage?.critical === true && purposes.length === 1 && purposes[0] === TIME_STAMPING) return;
  throw refused(
    "the authority's certificate is not for timestamps: its extended key usage must be time stamping alone, and critical. Give { authority }, such a certificate for the policy's key",
  );
}

function hashNamed(name: HashAlgorithm["name"]): HashAlgorithm {
  const hash = HASH_ALGORITHMS.get(name);
  if (hash === undefined) throw new TypeError(`there is no hash ${name}`);
  return hash;
}

function encodeResponse(token: Bytes): Bytes {
  const response = new pkijs.TimeStampResp({
    status: new pkijs.PKIStatusInfo({ status: pkijs.PKIStatus.granted }),
    timeStampToken: pkijs.ContentInfo.fromBER(token.buffer),
  });
  return new Uint8Array(response.toSchema().toBER());
}
