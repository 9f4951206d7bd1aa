import type { CallOptions } from "../../../api/transport/request.js";
import { requireSignal } from "../../../base/abort.js";
import type { Bytes } from "../../../base/bytes.js";
import { equal, exactCopy, isBufferSource, viewOf } from "../../../base/bytes.js";
import { requireOptions } from "../../../base/options.js";
import type { HashAlgorithm } from "../../../key/hashes.js";
import type { SigningSource } from "../../../policy/signing-policy.js";
import { isBytes } from "../../../subtle/source.js";
import { Chains } from "../chain/chains.js";
import { digestAll } from "../digests.js";
import { Lookalike } from "../lookalike.js";
import { asOperation } from "../operation.js";
import type { CertificateOptions, CmsSigner, TimestampChoices } from "../options.js";
import { contradiction, refused } from "../refusal.js";
import { signContent } from "../sign-content.js";
import { encodeSignerInfo } from "../signer-info.js";
import type { SignerPlan } from "../signer-plan.js";
import { signerPlanOf } from "../signer-plan.js";
import { Stamping } from "../stamping.js";
import type { ExistingCms } from "./read.js";
import { readCms } from "./read.js";
import { rebuild } from "./rebuild.js";

/** Who signs as well, and what. */
export interface AddSignerOptions extends CallOptions, CmsSigner, CertificateOptions, TimestampChoices {
  /** Of a detached signature: the content. */
  readonly content?: SigningSource | undefined;
  /** In its place: its digest, by the new signer's `hash`. */
  readonly digest?: Uint8Array | undefined;
}

/**
 * Adds a signer to a CMS signature. Of a detached one the content is not needed where a signer that is there already signed
 * the digest by the same hash. That digest is taken at its word, so verify the signature first where it is not your own. What
 * was there stays as it was, byte for byte.
 *
 * @param cms - DER or BER; an attached one is held in memory
 * @returns the whole with the new signer
 * @throws {SignPathError} those of `signCms`; `REQUEST_REJECTED` for what is no CMS signature, a digest that is not known,
 * content or a digest that is not what the other signers signed, and without signed attributes for a digest that is
 * not given, or content that could pass for those of another signature
 */
export async function addSigner(cms: Uint8Array, options: AddSignerOptions): Promise<Bytes> {
  requireOptions(options);
  const existing = readCms(cms);
  const { contentType, content } = existing;
  const { signal } = options;
  requireSignal(signal);
  const stamping = new Stamping({ ...options, contentType });
  const plan = signerPlanOf(options, {
    contentType,
    detached: content === undefined,
    hasTimestamp: stamping.isCertain,
    isPkcs7: existing.isPkcs7,
  });
  const chains = new Chains(options, existing.certificates);
  const stamped = await asOperation([plan], async () => {
    const preparing = chains.prepare([plan], signal);
    const taken = preparing === undefined ? options : asTheyAre(options);
    if (preparing !== undefined) await preparing;
    const digest = await digestOf(existing, plan, taken);
    requireSame(existing, plan.hash, digest);
    const digests = new Map([[plan.hash.name, digest]]);
    return stamping.stamp([plan], await signContent([plan], digests, chains, signal));
  });
  const isListed = existing.digestOids.includes(plan.hash.oid);
  const whole = rebuild(existing, {
    digestAlgorithms: isListed ? [] : stamped.signed.map((each) => each.digestAlgorithm),
    certificates: stamped.signed.flatMap(({ certificates }) => certificates),
    signerInfos: [
      ...existing.signers.map(({ bytes }) => bytes),
      ...stamped.signed.map(({ signerInfo }) => encodeSignerInfo(signerInfo)),
    ],
    signerVersions: [...existing.signers, ...stamped.signed.map(({ signerInfo }) => signerInfo)].map(
      ({ version }) => version,
    ),
  });
  stamping.settle(stamped, () => whole);
  return whole;
}

/** Bytes are signed as they are at the time of the call, also where something is waited for first. */
function asTheyAre({ content, digest, signal }: AddSignerOptions): Told {
  const copy = content !== undefined && isBytes(content) ? exactCopy(viewOf(content)) : content;
  return { content: copy, digest: isBufferSource(digest) ? exactCopy(viewOf(digest)) : digest, signal };
}

/** What is said of the content. */
type Told = Pick<AddSignerOptions, "content" | "digest" | "signal">;

async function digestOf(
  existing: ExistingCms,
  signer: SignerPlan,
  { content, digest, signal }: Told,
): Promise<Uint8Array> {
  const { hash } = signer;
  if ((existing.content !== undefined || content !== undefined) && digest !== undefined)
    throw contradiction("a digest is given beside the content");
  if (existing.content !== undefined && content !== undefined)
    throw contradiction("content is given, and the CMS signature has its own");
  if (digest !== undefined) return ownDigest(digest, hash);
  const source = existing.contentOctets ?? content;
  if (source !== undefined) {
    const lookalike = new Lookalike([signer]);
    const found = (await digestAll([hash], lookalike.watch(source, signal), signal)).get(hash.name);
    await lookalike.refuse();
    if (found !== undefined) return found;
  }
  if (signer.attributes === undefined)
    throw refused(
      "REQUEST_REJECTED",
      "a digest that another signer names is signed with signed attributes only, because it may be of anything: give the content, or the digest; nothing was sent",
    );
  const known = existing.signers.find(
    ({ digestOid, messageDigest }) => digestOid === hash.oid && messageDigest !== undefined,
  );
  if (known?.messageDigest !== undefined) return known.messageDigest;
  throw refused(
    "REQUEST_REJECTED",
    `no signer of the CMS signature tells the content's digest by ${hash.name}: give the content, the digest, or the hash of a signer; nothing was sent`,
  );
}

function ownDigest(digest: unknown, { name, length }: HashAlgorithm): Bytes {
  if (!isBufferSource(digest)) throw new TypeError("digest must be bytes");
  if (digest.byteLength !== length)
    throw refused(
      "REQUEST_REJECTED",
      `a digest by ${name} has ${length} bytes, not ${digest.byteLength}; nothing was sent`,
    );
  return exactCopy(viewOf(digest));
}

function requireSame({ signers }: ExistingCms, { name, oid }: HashAlgorithm, digest: Uint8Array): void {
  const isOther = signers.some(
    ({ digestOid, messageDigest }) =>
      digestOid === oid && messageDigest !== undefined && !equal(messageDigest, digest),
  );
  if (isOther)
    throw refused(
      "REQUEST_REJECTED",
      `a signer of the CMS signature signed content with another digest by ${name}; nothing was sent`,
    );
}
