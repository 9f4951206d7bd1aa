import type { Bytes } from "../../base/bytes.js";
import { concat, exactCopy, viewOf } from "../../base/bytes.js";
import type { SigningSource } from "../../policy/signing-policy.js";
import { isBytes } from "../../subtle/source.js";
import { pieces } from "./ber.js";
import { contentOctets, readContent } from "./content.js";
import type { Digests } from "./digests.js";
import { digestAll } from "./digests.js";
import { closeIndefinite, encodeAround, openIndefinite } from "./encode.js";
import { Lookalike } from "./lookalike.js";
import { asOperation } from "./operation.js";
import type { SignCmsOptions } from "./options.js";
import type { Plan } from "./plan.js";
import { planOf } from "./plan.js";
import { signContent } from "./sign-content.js";
import type { SignedDataParts } from "./signed-data.js";
import { outlineOf, partsOf } from "./signed-data.js";
import type { Stamped } from "./stamping.js";

/**
 * Signs content as CMS SignedData (RFC 5652), in DER: with the signed attributes contentType, messageDigest, signingTime and
 * signing-certificate-v2 (RFC 5035) unless the options say otherwise. Only the hash of the signed attributes is sent, once
 * for each signer. Detached content of any size is read in constant memory; attached content may have up to 1 GiB, and
 * {@link signCmsStream} is for more. Errors of the source are passed on as they are.
 *
 * ```ts
 * const p7s = await signCms("setup.msi", { policy });
 * ```
 *
 * @param source - bytes, a Blob, a stream, an async iterable of bytes, or the path of a file
 * @returns the signature: DER, or BER where `encoding` says so; with its content in it if it is not `detached`
 * @throws {SignPathError} those of `SigningPolicy.signStream`; `CONFIG_INVALID` for certificates, attributes and revocation
 * lists that cannot be read, and for options that do not go together; `CHAIN_INCOMPLETE` where the options ask for it;
 * `REQUEST_REJECTED` for attached content that is too large, and for content without signed attributes that could pass for
 * those of another signature; `TIMESTAMP_FAILED`, with what was signed in `cms`
 * @throws {TypeError} for a source, a policy or a signing time that is none
 */
export async function signCms(source: SigningSource, options: SignCmsOptions): Promise<Bytes> {
  const plan = planOf(options);
  return signInMemory(source, plan);
}

/** The same by a plan. */
export function signInMemory(source: SigningSource, plan: Plan): Promise<Bytes> {
  return asOperation(plan.signers, () => signWhole(source, plan));
}

async function signWhole(source: SigningSource, plan: Plan): Promise<Bytes> {
  const { signers, chains, signal, detached, isAsn1 } = plan;
  const preparing = chains.prepare(signers, signal);
  // Bytes are signed as they are at the time of the call, also where something is waited for first.
  const taken = preparing !== undefined && isBytes(source) ? exactCopy(viewOf(source)) : source;
  if (preparing !== undefined) await preparing;
  const content = detached && !isAsn1 ? undefined : await readContent(taken, signal);
  const hashed = content !== undefined && isAsn1 ? contentOctets(content) : (content ?? taken);
  const lookalike = new Lookalike(signers);
  const digests = await digestAll(plan.hashes, lookalike.watch(hashed, signal), signal);
  await lookalike.refuse();
  const stamped = await signAndStamp(plan, digests);
  const cms = encodeWhole(plan, partsOf(plan, stamped.signed), detached ? undefined : content);
  plan.stamping.settle(stamped, () => cms);
  return cms;
}

/** The signatures of a content by its digests. */
export async function signAndStamp(plan: Plan, digests: Digests): Promise<Stamped> {
  const { signers, chains, stamping, signal } = plan;
  return stamping.stamp(signers, await signContent(signers, digests, chains, signal));
}

/** The whole, with its content or without. */
export function encodeWhole(plan: Plan, parts: SignedDataParts, content: Bytes | undefined): Bytes {
  if (content !== undefined && plan.encoding === "ber")
    return concat(openIndefinite(outlineOf(plan)), ...pieces(content), closeIndefinite(parts));
  const gap = content && { bytes: content.byteLength, isOctetString: !plan.isAsn1 };
  const { before, after } = encodeAround(parts, gap);
  return content === undefined ? concat(before, after) : concat(before, content, after);
}
