import type { Bytes } from "../../base/bytes.js";
import { equal } from "../../base/bytes.js";
import { childrenOf, MalformedAsn1 } from "../../cms/asn1/element.js";
import { readObjectIdentifier } from "../../cms/asn1/object-identifier.js";
import { CONTENT_TYPES } from "../../cms/asn1/oids.js";
import { octets, readCms } from "../../cms/sign/edit/read.js";
import type { Digested } from "./pe/digest.js";
import { unsuitable } from "./refusal.js";

/** Which file a signature is over. */
export interface SignedImage {
  /** Node's name of the hash. */
  readonly hash: string;
  readonly digest: Bytes;
}

/** Those that files have been signed with, by identifier; which of them are still good is no matter here. */
const HASHES: ReadonlyMap<string, string> = new Map([
  ["1.2.840.113549.2.5", "md5"],
  ["1.3.14.3.2.26", "sha1"],
  ["2.16.840.1.101.3.4.2.1", "sha256"],
  ["2.16.840.1.101.3.4.2.2", "sha384"],
  ["2.16.840.1.101.3.4.2.3", "sha512"],
]);

/**
 * The digest in a signature's `SpcIndirectDataContent`.
 *
 * @throws {SignPathError} `REQUEST_REJECTED` for a signature that has none
 */
export function readSignedImage(signature: Uint8Array): SignedImage {
  const { contentType, content } = readCms(signature);
  try {
    if (contentType !== CONTENT_TYPES.spcIndirectData || content === undefined)
      throw new MalformedAsn1("its content is another one");
    const [, digestInfo] = childrenOf(content);
    const [algorithm, digest] = digestInfo === undefined ? [] : childrenOf(digestInfo);
    if (algorithm === undefined || digest === undefined) throw new MalformedAsn1("it has no digest");
    const oid = readObjectIdentifier(childrenOf(algorithm)[0]);
    const hash = HASHES.get(oid);
    if (hash === undefined) throw new MalformedAsn1(`its hash ${oid} is unknown`);
    return { hash, digest: octets(digest) };
  } catch (cause) {
    if (!(cause instanceof MalformedAsn1)) throw cause;
    throw unsuitable(`a signature is none of Authenticode: ${cause.message}`, cause);
  }
}

/** @throws {SignPathError} `REQUEST_REJECTED` where the file is another one than the signature is over */
export function requireSignedImage({ hash, digest }: SignedImage, { digests }: Digested, what: string): void {
  const found = digests.get(hash);
  if (found !== undefined && equal(found, digest)) return;
  throw unsuitable(`${what} is over another file, or this one was changed since`);
}
