import type { Bytes } from "../../base/bytes.js";
import { concat } from "../../base/bytes.js";
import type { SigningSource } from "../../policy/signing-policy.js";
import { digestSource } from "../../subtle/digest.js";
import { readContent } from "./content.js";
import { encodeAround } from "./encode.js";
import type { SignCmsOptions } from "./options.js";
import { planOf } from "./options.js";
import { signDigest } from "./signed-data.js";

/**
 * Signs content as CMS SignedData (RFC 5652), in DER: one signer, identified by issuer and serial number, with the signed
 * attributes contentType, messageDigest, signingTime and signing-certificate-v2 (RFC 5035). Only the hash of the signed
 * attributes is sent. Detached content of any size is read in constant memory; attached content may have up to 1 GiB.
 * Errors of the source are passed on as they are.
 *
 * ```ts
 * const p7s = await signCms("setup.msi", { policy });
 * ```
 *
 * @param source - bytes, a Blob, a stream, an async iterable of bytes, or the path of a file
 * @throws {SignPathError} those of `SigningPolicy.signStream`; `CONFIG_INVALID` for certificates that cannot be read;
 * `REQUEST_REJECTED` for attached content that is too large
 * @throws {TypeError} for a source, a policy or a signing time that is none
 */
export async function signCms(source: SigningSource, options: SignCmsOptions): Promise<Bytes> {
  const plan = planOf(options);
  const content = plan.detached ? undefined : await readContent(source, plan.signal);
  const messageDigest = await digestSource(plan.hash, content ?? source, plan.signal);
  const { signedData, certificates } = await signDigest(plan, messageDigest);
  const { before, after } = encodeAround(signedData, certificates, content?.byteLength);
  return content === undefined ? concat(before, after) : concat(before, content, after);
}
