// Signers for toolkits that take one: each file has its own, and none loads a toolkit.
export type { C2paAlgorithm, C2paSigner, C2paSignerOptions } from "./c2pa.js";
export { c2paSigner } from "./c2pa.js";
export type { CoseHeaders, CoseModule, SignCoseOptions } from "./cose.js";
export { signCose } from "./cose.js";
export type { DataIntegritySigner, DataIntegritySignerOptions } from "./data-integrity.js";
export { dataIntegritySigner } from "./data-integrity.js";
export type {
  HttpMessageSigner,
  HttpMessageSignerOptions,
  HttpSignatureAlgorithm,
} from "./http-message-signatures.js";
export { httpMessageSigner } from "./http-message-signatures.js";
export type { SigstoreSignature, SigstoreSigner, SigstoreSignerOptions } from "./sigstore.js";
export { sigstoreSigner } from "./sigstore.js";
export type { SignTufOptions, TufKey, TufMetadata } from "./tuf.js";
export { signTuf, tufKey } from "./tuf.js";
