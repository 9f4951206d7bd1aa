export type { AttributeInput, AttributeValue, ContentHint } from "./sign/attribute-input.js";
export type { CertificateOptions, CmsSigner, SignCmsOptions } from "./sign/options.js";
export type { ProfileName } from "./sign/profiles.js";
export type { RevocationInput } from "./sign/revocation.js";
export { signCms } from "./sign/sign-cms.js";
export { signCmsStream } from "./sign/sign-cms-stream.js";
