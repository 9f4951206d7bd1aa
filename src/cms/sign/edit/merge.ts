import type { Bytes } from "../../../base/bytes.js";
import { equal } from "../../../base/bytes.js";
import type { SignPathError } from "../../../base/errors.js";
import { refused } from "../refusal.js";
import type { ExistingCms } from "./read.js";
import { readCms } from "./read.js";
import { rebuild } from "./rebuild.js";

/**
 * Makes one CMS signature of several detached ones over the same content: every certificate, revocation list and SignerInfo,
 * with its unsigned attributes, byte for byte, what they have in common once. Whether the content is the same can be told
 * only of signers with the same hash; none is verified.
 *
 * @param cms - two or more, DER or BER
 * @returns one detached signature, DER
 * @throws {SignPathError} `REQUEST_REJECTED` for fewer than two, for what is no CMS signature, for an attached one, for
 * different types of content, and for different digests by the same hash
 */
export function mergeCms(...cms: readonly Uint8Array[]): Bytes {
  const [first, ...others] = cms.map(readCms);
  if (first === undefined || others.length === 0) throw unlike("there are fewer than two");
  const all = [first, ...others];
  if (all.some(({ content }) => content !== undefined)) throw unlike("one of them has its content attached");
  requireSameContent(all);
  return rebuild(first, {
    digestAlgorithms: others.flatMap(({ digestAlgorithms }) => digestAlgorithms),
    certificates: others.flatMap(({ certificates }) => certificates),
    crls: others.flatMap(({ crls }) => crls),
    signerInfos: all.flatMap(({ signers }) => signers.map(({ bytes }) => bytes)),
    signerVersions: all.flatMap(({ signers }) => signers.map(({ version }) => version)),
  });
}

function requireSameContent(all: readonly ExistingCms[]): void {
  const types = new Set(all.map(({ contentType }) => contentType));
  if (types.size > 1) throw unlike(`they are about content of the types ${[...types].join(", ")}`);
  const known = new Map<string, Bytes>();
  for (const { digestOid, messageDigest } of all.flatMap(({ signers }) => signers)) {
    if (messageDigest === undefined) continue;
    const other = known.get(digestOid);
    if (other !== undefined && !equal(other, messageDigest))
      throw unlike(`they are about different content, whose digests by ${digestOid} differ`);
    known.set(digestOid, messageDigest);
  }
}

function unlike(reason: string): SignPathError {
  return refused("REQUEST_REJECTED", `the CMS signatures cannot be merged: ${reason}`);
}
