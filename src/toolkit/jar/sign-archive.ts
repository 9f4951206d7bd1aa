import { createHash } from "node:crypto";
import type { Bytes } from "../../base/bytes.js";
import { signInMemory } from "../../cms/sign/sign-cms.js";
import { digestsIn } from "./digests.js";
import type { JarEntries, JarEntry } from "./entries.js";
import { isSignatureFile, readEntries, readEntry, signatureNameOf } from "./entries.js";
import type { Manifest } from "./manifest.js";
import { parseManifest, sectionsByName } from "./manifest.js";
import type { JarPlan } from "./options.js";
import { refused } from "./refusal.js";
import { ManifestDigests, signatureFileOf } from "./signature-file.js";
import type { EntryDigests } from "./update-manifest.js";
import { newManifest, withDigests, withMissingDigests, withVersion } from "./update-manifest.js";
import type { SignedArchive } from "./write-archive.js";
import type { ArchiveReader, ZipModule } from "./zip.js";

/** Java reads no signature file of more bytes (`jdk.jar.maxSignatureFileSize`). */
const MOST_SIGNATURE_FILE_BYTES = 16_000_000;
/** A manifest has a digest where a signature file has one: they are about as long. */
const MOST_MANIFEST_BYTES = 4 * MOST_SIGNATURE_FILE_BYTES;

/** A signature file that stays. */
interface KeptSignature {
  readonly name: string;
  readonly content: Manifest;
}

/** An archive whose signature is ready to be made. */
export interface PreparedArchive {
  readonly entries: JarEntries;
  readonly manifest: Manifest;
  readonly isChanged: boolean;
  readonly kept: readonly JarEntry[];
  /** Names of the signatures that stay. */
  readonly keptNames: readonly string[];
  /** Names of those that do not. */
  readonly removedNames: readonly string[];
  readonly signatureFile: Uint8Array;
}

/**
 * Reads an archive and makes its manifest and signature file.
 *
 * @throws {SignPathError} `REQUEST_REJECTED`, `ABORTED`
 */
export async function prepareArchive(
  zip: ZipModule,
  reader: ArchiveReader,
  plan: JarPlan,
): Promise<PreparedArchive> {
  const { hash, keepsExisting, signatureName, signal } = plan;
  const entries = await readEntries(zip, reader, signal);
  const before = await readManifest(entries, signal);
  const kept = keepsExisting
    ? entries.signatures.filter((entry) => signatureNameOf(entry) !== signatureName)
    : [];
  const signatures = await readSignatures(kept, signal);
  const digests = await digestEntries(entries, before, plan);
  const versioned = withVersion(before ?? newManifest());
  const manifest =
    signatures.length > 0
      ? withMissingDigests(versioned, digests, hash)
      : withDigests(versioned, digests, hash);
  requireKept(signatures, manifest);
  const signatureFile = signatureFileOf(manifest, hash);
  if (signatureFile.byteLength > MOST_SIGNATURE_FILE_BYTES)
    throw refused(
      `the signature file of ${digests.size} entries has ${signatureFile.byteLength} bytes, and Java reads none of more ` +
        `than ${MOST_SIGNATURE_FILE_BYTES}`,
    );
  const keptNames = signatures.map(({ name }) => name);
  const present = entries.signatures.filter(isSignatureFile).map(signatureNameOf);
  return {
    ...{ entries, manifest, kept, keptNames, signatureFile },
    isChanged: !before || Buffer.compare(before.bytes, manifest.bytes) !== 0 || before.isCompleted,
    removedNames: present.filter((name) => !keptNames.includes(name)),
  };
}

/** Signs what {@link prepareArchive} has made: a detached CMS signature of the signature file. */
export async function signPrepared(prepared: PreparedArchive, plan: JarPlan): Promise<SignedArchive> {
  const { entries, manifest, isChanged, kept, signatureFile } = prepared;
  const block: Bytes = await signInMemory(signatureFile, plan.cms);
  const path = `META-INF/${plan.signatureName}`;
  return {
    ...{ entries, kept },
    manifest: isChanged ? manifest.bytes : undefined,
    signatureFile: { name: `${path}.SF`, bytes: signatureFile },
    block: { name: `${path}.${plan.blockExtension}`, bytes: block },
  };
}

async function readManifest(
  { manifest }: JarEntries,
  signal: AbortSignal | undefined,
): Promise<(Manifest & { readonly isCompleted: boolean }) | undefined> {
  if (manifest === undefined) return undefined;
  const bytes = await contentOf(manifest, MOST_MANIFEST_BYTES, signal);
  const parsed = parseManifest(bytes, manifest.name);
  return { ...parsed, isCompleted: parsed.bytes.byteLength !== bytes.byteLength };
}

async function readSignatures(
  kept: readonly JarEntry[],
  signal: AbortSignal | undefined,
): Promise<KeptSignature[]> {
  const found: KeptSignature[] = [];
  for (const entry of kept.filter(isSignatureFile)) {
    const bytes = await contentOf(entry, MOST_SIGNATURE_FILE_BYTES, signal);
    found.push({ name: signatureNameOf(entry), content: parseManifest(bytes, entry.name) });
  }
  return found;
}

async function contentOf(
  entry: JarEntry,
  mostBytes: number,
  signal: AbortSignal | undefined,
): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  await readEntry(
    entry,
    (chunk) => {
      length += chunk.byteLength;
      if (length > mostBytes) throw refused(`${entry.name} has more than ${mostBytes} bytes`);
      chunks.push(Uint8Array.from(chunk));
    },
    signal,
  );
  return Buffer.concat(chunks);
}

/** The digest of each entry: by the hash that is wanted, and by those that the manifest names for it. */
async function digestEntries(
  { files }: JarEntries,
  manifest: Manifest | undefined,
  { hash, signal }: JarPlan,
): Promise<Map<string, EntryDigests>> {
  const sections = manifest === undefined ? undefined : sectionsByName(manifest);
  const digests = new Map<string, EntryDigests>();
  for (const entry of files) {
    const present = (sections?.get(entry.name) ?? []).flatMap((section) => digestsIn(section, "-Digest"));
    const names = new Set([hash.nodeName, ...present.flatMap(({ nodeName }) => nodeName ?? [])]);
    const hashers = [...names].map((name) => [name, createHash(name)] as const);
    const update = (chunk: Uint8Array): void => {
      for (const [, hasher] of hashers) hasher.update(chunk);
    };
    await readEntry(entry, update, signal);
    digests.set(entry.name, new Map(hashers.map(([name, hasher]) => [name, hasher.digest("base64")])));
  }
  return digests;
}

function requireKept(signatures: readonly KeptSignature[], manifest: Manifest): void {
  if (signatures.length === 0) return;
  const digests = new ManifestDigests(manifest);
  const broken = signatures.find(({ content }) => !digests.areSignedBy(content));
  if (broken === undefined) return;
  throw refused(
    `the signature ${broken.name} would not verify any more: entries or attributes that it signs have changed, or get ` +
      'digests only now; existing: "replace" signs the archive anew without it',
  );
}
