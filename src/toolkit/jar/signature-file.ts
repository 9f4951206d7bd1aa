import { VERSION } from "../../base/version.js";
import type { JarHash, NamedDigest } from "./digests.js";
import { digestOf, digestsIn } from "./digests.js";
import type { Manifest } from "./manifest.js";
import { makeAttribute, makeManifest, makeSection, sectionsByName } from "./manifest.js";

/** The attribute `Created-By`, in Java's form: version and vendor. */
export const CREATED_BY: string = `${VERSION} (signpath-webcrypto)`;

/** The signature file (`META-INF/*.SF`) of a manifest: the digests of the whole, of the main attributes, of each section. */
export function signatureFileOf(manifest: Manifest, { name: hash, nodeName }: JarHash): Uint8Array {
  const main = makeSection("", [
    makeAttribute("Signature-Version", "1.0"),
    makeAttribute("Created-By", CREATED_BY),
    makeAttribute(`${hash}-Digest-Manifest`, digestOf(nodeName, manifest.bytes)),
    makeAttribute(`${hash}-Digest-Manifest-Main-Attributes`, digestOf(nodeName, manifest.main.bytes)),
  ]);
  const sections = [...sectionsByName(manifest)].map(([name, same]) =>
    makeSection(name, [
      makeAttribute("Name", name),
      makeAttribute(`${hash}-Digest`, digestOf(nodeName, ...same.map(({ bytes }) => bytes))),
    ]),
  );
  return makeManifest(main, sections).bytes;
}

/** Whether a signature file is still about a manifest, as Java checks it: by its digest, or else section by section. */
export function stillSigns(signatureFile: Manifest, manifest: Manifest): boolean {
  const { main, sections } = signatureFile;
  if (matches(digestsIn(main, "-Digest-Manifest"), manifest.bytes)) return true;
  const ofMain = digestsIn(main, "-Digest-Manifest-Main-Attributes");
  if (ofMain.length > 0 && !matches(ofMain, manifest.main.bytes)) return false;
  const present = sectionsByName(manifest);
  return sections.every((section) => {
    const same = present.get(section.name);
    return same !== undefined && matches(digestsIn(section, "-Digest"), ...same.map(({ bytes }) => bytes));
  });
}

function matches(digests: readonly NamedDigest[], ...pieces: readonly Uint8Array[]): boolean {
  const known = digests.filter(({ nodeName }) => nodeName !== undefined);
  return (
    known.length > 0 && known.every(({ nodeName = "", value }) => digestOf(nodeName, ...pieces) === value)
  );
}
