import { createHash } from "node:crypto";
import type { HashAlgorithm } from "../../key/hashes.js";
import type { ManifestAttribute, ManifestSection } from "./manifest.js";

/** A hash by the name that JAR files have for it and Node's. */
export type JarHash = Pick<HashAlgorithm, "name" | "nodeName">;

/** A digest that a manifest or a signature file names. */
export interface NamedDigest {
  /** Node's name of the hash; `undefined` for one that Node does not have. */
  readonly nodeName: string | undefined;
  /** Base64. */
  readonly value: string;
}

/** Java's names, in upper case and without hyphens. */
const NODE_NAMES: ReadonlyMap<string, string> = new Map([
  ["MD5", "md5"],
  ["SHA", "sha1"],
  ["SHA1", "sha1"],
  ["SHA224", "sha224"],
  ["SHA256", "sha256"],
  ["SHA384", "sha384"],
  ["SHA512", "sha512"],
]);

/** Those that Java still trusts. */
const STRONG: ReadonlySet<string | undefined> = new Set(["sha256", "sha384", "sha512"]);

/** Whether Java trusts a digest. */
export function isStrong({ nodeName }: NamedDigest): boolean {
  return STRONG.has(nodeName);
}

/** Whether an attribute is the digest of an entry, also of an unknown hash. */
export function isDigest({ name }: ManifestAttribute): boolean {
  return /-Digest$/i.test(name);
}

/**
 * The digests among the attributes of a section.
 *
 * @param suffix - `-Digest`, `-Digest-Manifest` or `-Digest-Manifest-Main-Attributes`
 */
export function digestsIn({ attributes }: ManifestSection, suffix: string): NamedDigest[] {
  return attributes.flatMap(({ name, value }) => {
    if (!name.toLowerCase().endsWith(suffix.toLowerCase())) return [];
    const hash = name.slice(0, -suffix.length).toUpperCase().replaceAll("-", "");
    return [{ nodeName: NODE_NAMES.get(hash), value: value.trim() }];
  });
}

/** The digest of bytes, in Base64. */
export function digestOf(nodeName: string, pieces: readonly Uint8Array[]): string {
  const hash = createHash(nodeName);
  for (const piece of pieces) hash.update(piece);
  return hash.digest("base64");
}
