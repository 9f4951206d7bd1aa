/**
 * Authenticode: signatures in PE images, as Windows and its tools read them.
 *
 * `signExecutable` needs no toolkit: a signature changes nothing but the end of a file and two fields of its headers, and the
 * signature itself is `signCms`'s. resedit writes a file anew from its sections, which loses what stands between them, has no
 * nesting, no description and no page hashes, and refuses images with symbols; for those who change resources with it there is
 * `createSignerObject`. resedit checks nothing of a signature; @electron/windows-sign neither, and it goes on after a hook that
 * fails. osslsigncode verifies all of it, 2.5 and 2.9 were run; with resedit 3.1.0 and @electron/windows-sign 1.2.2.
 *
 * RSA signs with PKCS#1 v1.5, because Windows takes no RSA-PSS here. osslsigncode verifies ECDSA on all curves; Smart App
 * Control takes no ECC signatures (Microsoft), so have an RSA key for what must run under it. MSI, CAB, APPX, catalogs, scripts
 * and App Control policies are not signed.
 */
export { finalizeExecutable } from "./finalize-executable.js";
export type { SignExecutableOptions } from "./options.js";
export type {
  AttachSignatureOptions,
  ExecutableSource,
  SignExecutableFileOptions,
} from "./sign-executable.js";
export {
  attachSignature,
  attachSignatureToFile,
  extractSignature,
  signExecutable,
  signExecutableFile,
} from "./sign-executable.js";
export { createSignHook, type SignHook, type SignHookOptions } from "./sign-hook.js";
export type { SignerObject, SignerObjectOptions } from "./signer-object.js";
export { createSignerObject } from "./signer-object.js";
export type { StatementType } from "./spc.js";
