import type { HashName } from "../../../wire/signing.js";
import { HASHES } from "../../../wire/signing.js";

/** A hash that signatures are checked with. */
export interface Digest {
  readonly name: HashName | "MD5";
  readonly oid: string;
  readonly nodeName: string;
  /** In bytes. */
  readonly length: number;
  /** Taken only where the caller allows it. */
  readonly weak: boolean;
}

const STRONG: readonly Digest[] = (["SHA-256", "SHA-384", "SHA-512"] as const).map((name) =>
  digest(name, false),
);
const SHA1 = digest("SHA-1", true);
const MD5: Digest = { name: "MD5", oid: "1.2.840.113549.2.5", nodeName: "md5", length: 16, weak: true };

function digest(name: HashName, weak: boolean): Digest {
  const { oid, length } = HASHES[name];
  return { name, oid, nodeName: name.replace("-", "").toLowerCase(), length, weak };
}

const ALL: readonly Digest[] = [...STRONG, SHA1, MD5];

/** Hashes by object identifier (RFC 5754, section 2; RFC 3370, section 2). */
export const DIGESTS: ReadonlyMap<string, Digest> = new Map(ALL.map((each) => [each.oid, each]));

/** The same by name. */
export function digestNamed(name: Digest["name"]): Digest {
  const found = ALL.find((each) => each.name === name);
  if (found === undefined) throw new TypeError(`there is no digest ${name}`);
  return found;
}
