import type { Bytes } from "../../base/bytes.js";
import { concat } from "../../base/bytes.js";
import type { SigningSource } from "../../policy/signing-policy.js";
import { pieces } from "./ber.js";
import { contentOctets, readContent } from "./content.js";
import { digestAll } from "./digests.js";
import { closeIndefinite, encodeAround, openIndefinite } from "./encode.js";
import type { SignCmsOptions } from "./options.js";
import type { Plan } from "./plan.js";
import { planOf } from "./plan.js";
import { signContent } from "./sign-content.js";
import type { SignedDataParts } from "./signed-data.js";
import { outlineOf, partsOf } from "./signed-data.js";

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
 * @throws {SignPathError} those of `SigningPolicy.signStream`; `CONFIG_INVALID` for certificates, attributes and revocation
 * lists that cannot be read, and for options that do not go together; `CHAIN_INCOMPLETE` where the options ask for it;
 * `REQUEST_REJECTED` for attached content that is too large
 * @throws {TypeError} for a source, a policy or a signing time that is none
 */
export async function signCms(source: SigningSource, options: SignCmsOptions): Promise<Bytes> {
  const plan = planOf(options);
  return signInMemory(source, plan);
}

/** The same by a plan. */
export async function signInMemory(source: SigningSource, plan: Plan): Promise<Bytes> {
  const { signers, hashes, chains, signal, detached, isAsn1 } = plan;
  const content = detached && !isAsn1 ? undefined : await readContent(source, signal);
  const hashed = content !== undefined && isAsn1 ? contentOctets(content) : (content ?? source);
  const digests = await digestAll(hashes, hashed, signal);
  const parts = partsOf(plan, await signContent(signers, digests, chains, signal));
  return encodeWhole(plan, parts, detached ? undefined : content);
}

function encodeWhole(plan: Plan, parts: SignedDataParts, content: Bytes | undefined): Bytes {
  if (content !== undefined && plan.encoding === "ber")
    return concat(openIndefinite(outlineOf(plan)), ...pieces(content), closeIndefinite(parts));
  const gap = content && { bytes: content.byteLength, isOctetString: !plan.isAsn1 };
  const { before, after } = encodeAround(parts, gap);
  return content === undefined ? concat(before, after) : concat(before, content, after);
}
