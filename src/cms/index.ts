export type { AttributeInput, AttributeValue, ContentHint } from "./sign/attribute-input.js";
export type { AiaOptions } from "./sign/chain/aia-plan.js";
export type { AddSignerOptions } from "./sign/edit/add-signer.js";
export { addSigner } from "./sign/edit/add-signer.js";
export { certificateBundle } from "./sign/edit/certificate-bundle.js";
export type { CounterSignOptions } from "./sign/edit/counter-sign.js";
export { counterSign } from "./sign/edit/counter-sign.js";
export { mergeCms } from "./sign/edit/merge.js";
export type { CertificateOptions, CmsSigner, SignCmsOptions, TimestampChoices } from "./sign/options.js";
export type { ProfileName } from "./sign/profiles.js";
export type { RevocationInput } from "./sign/revocation.js";
export { signCms } from "./sign/sign-cms.js";
export { signCmsStream } from "./sign/sign-cms-stream.js";
export type { Timestamp } from "./timestamp/ask.js";
export type { TimestampAuthority, TimestampOptions } from "./timestamp/options.js";
export { type StampCmsOptions, stampCms } from "./timestamp/stamp-cms.js";
export type { TimestampChoice } from "./timestamp/stamper.js";
export { timestamp } from "./timestamp/timestamp.js";
export { isTimestampError, TimestampError } from "./timestamp/timestamp-error.js";
export type { CrlInput, VerifyCmsOptions } from "./verify/options.js";
export type { Purpose } from "./verify/path/purpose.js";
export type {
  CmsVerification,
  Reason,
  ReasonCode,
  SignerIdentity,
  SignerReport,
  TimestampReport,
} from "./verify/report.js";
export { CmsVerificationError } from "./verify/report.js";
export type { ContentSink } from "./verify/stream/content.js";
export { verifyCms } from "./verify/verify-cms.js";
