import { open, readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { replaceFile } from "../../adapter/replace-file.js";
import type { CallOptions } from "../../api/transport/request.js";
import { requireSignal } from "../../base/abort.js";
import type { Bytes } from "../../base/bytes.js";
import { exactCopy, isBufferSource, viewOf } from "../../base/bytes.js";
import { requireOptions } from "../../base/options.js";
import { signCms } from "../../cms/index.js";
import type { Attachment } from "./attachment.js";
import { attach, attachmentOf, attachToFile } from "./attachment.js";
import { readSignedImage, requireSignedImage } from "./indirect-data.js";
import { nest } from "./nested.js";
import type { SignExecutableOptions, SignPlan } from "./options.js";
import { planOf } from "./options.js";
import { readSignature } from "./pe/certificate-table.js";
import { digestImage } from "./pe/digest.js";
import type { Image } from "./pe/image.js";
import { imageOf, imageOfFile, requireNotAborted } from "./pe/image.js";
import { readLayout } from "./pe/layout.js";
import { pageHashesOf } from "./pe/page-hashes.js";
import { spcIndirectData } from "./spc.js";

/** An executable: its bytes, or the path of a file. */
export type ExecutableSource = Uint8Array | ArrayBuffer | string | URL;

/** How a file is signed. */
export interface SignExecutableFileOptions extends SignExecutableOptions {
  /** Where the result goes. Default: it takes the file's place. */
  readonly output?: string | URL | undefined;
}

/** How a signature is put into an executable. */
export interface AttachSignatureOptions extends CallOptions {
  /** As in {@link SignExecutableOptions}. */
  readonly nested?: boolean | undefined;
}

/**
 * Signs a PE image (exe, dll, sys, efi, node, …; PE32 and PE32+) with Authenticode, in memory. Nothing changes but the
 * certificate table, its entry in the headers and the checksum: sections, resources and data behind them stay as they are,
 * byte for byte. resedit is not needed for it.
 *
 * ```ts
 * const signed = await signExecutable(await readFile("app.exe"), { policy, timestamp: "http://tsa.example" });
 * ```
 *
 * @param source - bytes, which are signed as they are at the time of the call, or a path, which is only read
 * @returns the signed image
 * @throws {SignPathError} `REQUEST_REJECTED` for what is no PE image or cannot have the signature; those of `signCms`,
 * `TIMESTAMP_FAILED` among them, with the PKCS #7 signature in `cms`, for `stampCms` and {@link attachSignature}
 * @throws {TypeError} for a source or a policy that is none
 */
export async function signExecutable(
  source: ExecutableSource,
  options: SignExecutableOptions,
): Promise<Bytes> {
  const plan = planOf(options);
  const bytes = await bytesOf(source, options.signal);
  return attach(bytes, await sign(imageOf(bytes), plan));
}

/**
 * The same for a file, in constant memory: a signed copy takes its place, so that the file is signed or as it was.
 *
 * ```ts
 * await signExecutableFile("dist/app.exe", { policy, description: "App", url: "https://app.example" });
 * ```
 *
 * @param path - the file, which is replaced unless `output` names another one
 * @throws {SignPathError} those of {@link signExecutable}. Errors of the file system are passed on as they are (`ENOENT`, `EACCES`)
 * @throws {TypeError} for a path or a policy that is none
 */
export async function signExecutableFile(
  path: string | URL,
  options: SignExecutableFileOptions,
): Promise<void> {
  const plan = planOf(options);
  requireSignal(options.signal);
  await editExecutable(path, options.output, (image) => sign(image, plan));
}

/**
 * Puts a PKCS #7 signature into the executable that it is over: one that lacked its timestamp, or one of an equal file.
 *
 * ```ts
 * const signed = await attachSignature(executable, await stampCms(error.cms, { authorities }));
 * ```
 *
 * @param signature - PKCS #7 as DER
 * @returns the signed image
 * @throws {SignPathError} `REQUEST_REJECTED` for a signature that is over another file
 */
export async function attachSignature(
  source: ExecutableSource,
  signature: Uint8Array,
  options: AttachSignatureOptions = {},
): Promise<Bytes> {
  requireOptions(options);
  const { nested = false, signal } = options;
  const copy = copyOf(signature);
  const bytes = await bytesOf(source, signal);
  return attach(bytes, await put(imageOf(bytes), copy, nested, signal));
}

/**
 * The same for a file, as {@link signExecutableFile} does it.
 *
 * @param path - the file, which is replaced unless `output` names another one
 * @param signature - PKCS #7 as DER
 * @param options - `nested` puts it beside the one that is there, `signal` ends the call
 * @throws {SignPathError} `REQUEST_REJECTED` for a signature that is over another file, `ABORTED`
 */
export async function attachSignatureToFile(
  path: string | URL,
  signature: Uint8Array,
  options: AttachSignatureOptions & { readonly output?: string | URL | undefined } = {},
): Promise<void> {
  requireOptions(options);
  const { nested = false, signal, output } = options;
  requireSignal(signal);
  const copy = copyOf(signature);
  await editExecutable(path, output, (image) => put(image, copy, nested, signal));
}

/**
 * The PKCS #7 signature of an executable, with those that are nested in it; `undefined` where it has none.
 *
 * @returns PKCS #7 as DER
 * @throws {SignPathError} `REQUEST_REJECTED` for what is no PE image
 */
export async function extractSignature(source: ExecutableSource): Promise<Bytes | undefined> {
  if (isBufferSource(source)) return signatureIn(imageOf(exactCopy(viewOf(source))));
  const file = await open(pathOf(source), "r");
  try {
    return await signatureIn(await imageOfFile(file));
  } finally {
    await file.close();
  }
}

async function signatureIn(image: Image): Promise<Bytes | undefined> {
  return readSignature(image, await readLayout(image));
}

async function editExecutable(
  path: string | URL,
  output: string | URL | undefined,
  work: (image: Image) => Promise<Attachment>,
): Promise<void> {
  const edit = async (file: Parameters<typeof attachToFile>[0]): Promise<void> =>
    attachToFile(file, await work(await imageOfFile(file)));
  await replaceFile(pathOf(path), edit, output === undefined ? undefined : pathOf(output));
}

async function sign(image: Image, { hash, nested, pageHashes, signal, cms }: SignPlan): Promise<Attachment> {
  const layout = await readLayout(image);
  const primary = nested ? await readSignature(image, layout) : undefined;
  const signed = primary && readSignedImage(primary);
  const digested = await digestImage(
    image,
    layout,
    new Set([hash.nodeName, signed?.hash ?? hash.nodeName]),
    signal,
  );
  if (signed !== undefined) requireSignedImage(signed, digested, "the signature that is there");
  const digest = digested.digests.get(hash.nodeName);
  if (digest === undefined) throw new TypeError(`there is no digest by ${hash.name}`);
  const pages = pageHashes ? await pageHashesOf(image, layout, signal) : undefined;
  const signature = await signCms(spcIndirectData(hash, digest, pages), cms);
  return attachmentOf(layout, digested, primary === undefined ? signature : nest(primary, signature));
}

async function put(
  image: Image,
  signature: Bytes,
  nested: boolean,
  signal: AbortSignal | undefined,
): Promise<Attachment> {
  const layout = await readLayout(image);
  const primary = nested ? await readSignature(image, layout) : undefined;
  const [signed, before] = [readSignedImage(signature), primary && readSignedImage(primary)];
  const digested = await digestImage(
    image,
    layout,
    new Set([signed.hash, before?.hash ?? signed.hash]),
    signal,
  );
  requireSignedImage(signed, digested, "the signature");
  if (before !== undefined) requireSignedImage(before, digested, "the signature that is there");
  return attachmentOf(layout, digested, primary === undefined ? signature : nest(primary, signature));
}

async function bytesOf(source: ExecutableSource, signal: AbortSignal | undefined): Promise<Bytes> {
  requireSignal(signal);
  if (isBufferSource(source)) return exactCopy(viewOf(source));
  try {
    return exactCopy(await readFile(pathOf(source), { signal: signal ?? undefined }));
  } catch (error) {
    requireNotAborted(signal);
    throw error;
  }
}

function copyOf(signature: unknown): Bytes {
  if (!isBufferSource(signature)) throw new TypeError("a signature must be bytes");
  return exactCopy(viewOf(signature));
}

function pathOf(path: unknown): string {
  if (typeof path === "string") return path;
  if (path instanceof URL) return fileURLToPath(path);
  throw new TypeError("an executable is given by its bytes or by its path");
}
