import { VERSION } from "../../base/version.js";
import type { JarHash, NamedDigest } from "./digests.js";
import { digestOf, digestsIn } from "./digests.js";
import type { Manifest, ManifestSection } from "./manifest.js";
import { makeAttribute, makeManifest, makeSection, sectionsByName } from "./manifest.js";

/** The attribute `Created-By`, in Java's form: version and vendor. */
export const CREATED_BY: string = `${VERSION} (signpath-webcrypto)`;

/** The signature file (`META-INF/*.SF`) of a manifest: the digests of the whole, of the main attributes, of each section. */
export function signatureFileOf(manifest: Manifest, { name: hash, nodeName }: JarHash): Uint8Array {
  const main = makeSection("", [
    makeAttribute("Signature-Version", "1.0"),
    makeAttribute("Created-By", CREATED_BY),
    makeAttribute(`${hash}-Digest-Manifest`, digestOf(nodeName, [manifest.bytes])),
    makeAttribute(`${hash}-Digest-Manifest-Main-Attributes`, digestOf(nodeName, [manifest.main.bytes])),
  ]);
  const sections = [...sectionsByName(manifest)].map(([name, same]) =>
    makeSection(name, [
      makeAttribute("Name", name),
      makeAttribute(`${hash}-Digest`, digestOf(nodeName, bytesOf(same))),
    ]),
  );
  return makeManifest(main, sections).bytes;
}

/**
 * The digests of a manifest, each made once: signature files, as many as an archive has, may name the same one as often as
 * they like.
 */
export class ManifestDigests {
  readonly #whole: DigestBy;
  readonly #main: DigestBy;
  readonly #sections: ReadonlyMap<string, DigestBy>;

  constructor(manifest: Manifest) {
    this.#whole = digestBy([manifest.bytes]);
    this.#main = digestBy([manifest.main.bytes]);
    this.#sections = new Map(
      [...sectionsByName(manifest)].map(([name, same]) => [name, digestBy(bytesOf(same))]),
    );
  }

  /** Whether a signature file is still about it, as Java checks it: by its digest, or else section by section. */
  areSignedBy({ main, sections }: Manifest): boolean {
    if (matches(digestsIn(main, "-Digest-Manifest"), this.#whole)) return true;
    const ofMain = digestsIn(main, "-Digest-Manifest-Main-Attributes");
    if (ofMain.length > 0 && !matches(ofMain, this.#main)) return false;
    return sections.every((section) => {
      const present = this.#sections.get(section.name);
      return present !== undefined && matches(digestsIn(section, "-Digest"), present);
    });
  }
}

/** The digest of something, by Node's name of a hash. */
type DigestBy = (nodeName: string) => string;

function digestBy(pieces: readonly Uint8Array[]): DigestBy {
  const made = new Map<string, string>();
  return (nodeName) => {
    const digest = made.get(nodeName) ?? digestOf(nodeName, pieces);
    made.set(nodeName, digest);
    return digest;
  };
}

function bytesOf(sections: readonly ManifestSection[]): Uint8Array[] {
  return sections.map(({ bytes }) => bytes);
}

function matches(digests: readonly NamedDigest[], present: DigestBy): boolean {
  const known = digests.filter(({ nodeName }) => nodeName !== undefined);
  return known.length > 0 && known.every(({ nodeName = "", value }) => present(nodeName) === value);
}
