import type { Bytes } from "../../../base/bytes.js";
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

/** A SignedData with a change. What was there stays as it was, and a set is put in order. */
export function rebuild(cms: ExistingCms, change: Change): Bytes {
  const { contentType } = cms;
  const certificates = [...cms.certificates, ...(change.certificates ?? [])];
  const crls = [...cms.crls, ...(change.crls ?? [])];
  const { signerInfos, signerVersions } = change;
  const version = cms.isPkcs7 ? 1 : versionOf({ contentType, certificates, crls, signerVersions });
  const digestAlgorithms = [...cms.digestAlgorithms, ...(change.digestAlgorithms ?? [])];
  return encodeWith(
    { version, digestAlgorithms, contentType, certificates, crls, signerInfos },
    cms.encapContentInfo,
  );
}
