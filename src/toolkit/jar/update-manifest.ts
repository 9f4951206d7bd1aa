import type { JarHash, NamedDigest } from "./digests.js";
import { digestsIn, isDigest, isStrong } from "./digests.js";
import type { Manifest, ManifestSection } from "./manifest.js";
import { makeAttribute, makeManifest, makeSection, sectionsByName } from "./manifest.js";
import { refused } from "./refusal.js";
import { CREATED_BY } from "./signature-file.js";

/** Digests of an entry in Base64, by Node's names of the hashes. */
export type EntryDigests = ReadonlyMap<string, string>;

/** The manifest of an archive that has none. */
export function newManifest(): Manifest {
  const attributes = [makeAttribute("Manifest-Version", "1.0"), makeAttribute("Created-By", CREATED_BY)];
  return makeManifest(makeSection("", attributes), []);
}

/** Java drops the main attributes of a manifest that does not say its version. */
export function withVersion(manifest: Manifest): Manifest {
  const { main, sections } = manifest;
  if (main.attributes.some(({ name }) => name.toLowerCase() === "manifest-version")) return manifest;
  return makeManifest(
    makeSection("", [makeAttribute("Manifest-Version", "1.0"), ...main.attributes]),
    sections,
  );
}

/**
 * The manifest with a digest of every entry. Sections are changed only where they name another hash or a wrong digest;
 * attributes that are no digests stay as they are, byte for byte.
 *
 * @param entries - by name
 */
export function withDigests(
  manifest: Manifest,
  entries: ReadonlyMap<string, EntryDigests>,
  hash: JarHash,
): Manifest {
  const done = new Set<string>();
  const changed = manifest.sections.flatMap((section) => {
    const digests = entries.get(section.name);
    const isFirst = !done.has(section.name);
    done.add(section.name);
    const wanted = digests !== undefined && isFirst ? digests.get(hash.nodeName) : undefined;
    return hasExactly(section, hash, wanted) ? [section] : rewritten(section, hash, wanted);
  });
  return withNewSections(changedOrSame(manifest, changed), entries, hash);
}

/**
 * The same without changing any section that is there, because other signatures sign it: its digest may be of another hash.
 *
 * @throws {SignPathError} `REQUEST_REJECTED` if a digest that is there is wrong, or one that Java no longer trusts
 */
export function withMissingDigests(
  manifest: Manifest,
  entries: ReadonlyMap<string, EntryDigests>,
  hash: JarHash,
): Manifest {
  const present = sectionsByName(manifest);
  for (const [name, digests] of entries) requireSigned(name, present.get(name) ?? [], digests);
  const digested = new Set(
    manifest.sections.filter((section) => digestsIn(section, "-Digest").length > 0).map(({ name }) => name),
  );
  const completed = manifest.sections.map((section) => {
    const wanted = entries.get(section.name)?.get(hash.nodeName);
    return wanted !== undefined && !digested.has(section.name)
      ? (rewritten(section, hash, wanted)[0] ?? section)
      : section;
  });
  return withNewSections(changedOrSame(manifest, completed), entries, hash);
}

function requireSigned(name: string, sections: readonly ManifestSection[], digests: EntryDigests): void {
  const named = sections.flatMap((section) => digestsIn(section, "-Digest"));
  const replace = 'existing: "replace" signs it anew without them';
  if (named.some((digest) => isWrong(digest, digests)))
    throw refused(
      `${JSON.stringify(name)} is not what the archive's signatures sign: it was changed; ${replace}`,
    );
  if (named.length > 0 && !named.some(isStrong))
    throw refused(
      `${JSON.stringify(name)} has a digest in the manifest that Java no longer trusts, and to add a better one would ` +
        `break the archive's signatures; ${replace}`,
    );
}

function isWrong({ nodeName, value }: NamedDigest, digests: EntryDigests): boolean {
  return nodeName !== undefined && digests.get(nodeName) !== value;
}

function withNewSections(
  manifest: Manifest,
  entries: ReadonlyMap<string, EntryDigests>,
  hash: JarHash,
): Manifest {
  const present = sectionsByName(manifest);
  const added = [...entries]
    .filter(([name]) => !present.has(name))
    .map(([name, digests]) =>
      makeSection(name, [
        makeAttribute("Name", name),
        digestAttribute(hash, digests.get(hash.nodeName) ?? ""),
      ]),
    );
  if (added.length === 0) return manifest;
  // What stands between the sections, blank lines, stays as well.
  const bytes = Buffer.concat([manifest.bytes, ...added.map((section) => section.bytes)]);
  return { main: manifest.main, sections: [...manifest.sections, ...added], bytes };
}

function hasExactly(section: ManifestSection, hash: JarHash, wanted: string | undefined): boolean {
  const digests = digestsIn(section, "-Digest");
  if (wanted === undefined) return digests.length === 0;
  const [only, ...others] = digests;
  return others.length === 0 && only?.nodeName === hash.nodeName && only.value === wanted;
}

/** The section with one digest, or none; nothing if there is nothing left to say. */
function rewritten(section: ManifestSection, hash: JarHash, wanted: string | undefined): ManifestSection[] {
  const others = section.attributes.filter((attribute) => !isDigest(attribute));
  if (wanted !== undefined) return [makeSection(section.name, [...others, digestAttribute(hash, wanted)])];
  return others.length > 1 ? [makeSection(section.name, others)] : [];
}

function changedOrSame(manifest: Manifest, sections: readonly ManifestSection[]): Manifest {
  const isSame =
    sections.length === manifest.sections.length &&
    sections.every((section, index) => section === manifest.sections[index]);
  return isSame ? manifest : makeManifest(manifest.main, sections);
}

function digestAttribute({ name }: JarHash, value: string): ReturnType<typeof makeAttribute> {
  return makeAttribute(`${name}-Digest`, value);
}
