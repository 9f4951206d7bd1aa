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
