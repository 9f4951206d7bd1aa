import type { Bytes } from "../../../base/bytes.js";
import { TAGS } from "../../asn1/der.js";
import { CONTENT_TYPES } from "../../asn1/oids.js";
import { encodeWith } from "../encode.js";
import { versionOf } from "../signed-data.js";
import type { ExistingCms } from "./read.js";

/** What is new in a SignedData. */
export interface Change {
  readonly digestAlgorithms?: readonly Bytes[];
  readonly certificates?: readonly Bytes[];
  readonly crls?: readonly Bytes[];
  /** All of them, in place of those that were there. */
  readonly signerInfos: readonly Bytes[];
  readonly signerVersions: readonly number[];
}

/** Whether the content stands there as a value of its own, which is PKCS #7 and no CMS. */
export function isPkcs7({ contentType, content }: ExistingCms): boolean {
  const isString = content === undefined || (content.tag & 0x1f) === TAGS.octetString;
  return contentType !== CONTENT_TYPES.data && !isString;
}

/** A SignedData with a change. What was there stays as it was, and a set is put in order. */
export function rebuild(cms: ExistingCms, change: Change): Bytes {
  const { contentType } = cms;
  const certificates = [...cms.certificates, ...(change.certificates ?? [])];
  const crls = [...cms.crls, ...(change.crls ?? [])];
  const { signerInfos, signerVersions } = change;
  const version = isPkcs7(cms) ? 1 : versionOf({ contentType, certificates, crls, signerVersions });
  const digestAlgorithms = [...cms.digestAlgorithms, ...(change.digestAlgorithms ?? [])];
  return encodeWith(
    { version, digestAlgorithms, contentType, certificates, crls, signerInfos },
    cms.encapContentInfo,
  );
}
