import { expect } from "vitest";
import type { ReasonCode, VerifyCmsOptions } from "../../../../src/cms/index.js";
import { CmsVerificationError, verifyCms } from "../../../../src/cms/index.js";
import { codedFailureOf } from "../../../support/failure.js";
import { NOW } from "./write-certificate.js";
import {
  algorithm,
  attribute,
  contentType,
  ID,
  messageDigest,
  ROOT,
  signedData,
  signerInfo,
} from "./write-cms.js";
import { der, octets, oid, sequence } from "./write-der.js";

export const OPTIONS: VerifyCmsOptions = { roots: [ROOT], at: NOW };

export async function failure(
  cms: Uint8Array,
  options: Partial<VerifyCmsOptions> = {},
): Promise<CmsVerificationError> {
  const error = await codedFailureOf(verifyCms(cms, { ...OPTIONS, ...options }));
  if (!(error instanceof CmsVerificationError)) throw error;
  expect([error.code, error.stage]).toEqual(["VERIFICATION_FAILED", "verify"]);
  return error;
}

export const codes = ({ reasons }: CmsVerificationError): ReasonCode[] => reasons.map(({ code }) => code);
export const one = (...shape: Parameters<typeof signerInfo>): Buffer =>
  signedData({ signers: [signerInfo(...shape)] });
export const OTHER: Buffer = Buffer.from("something else");
export const protection = (digestId: string, signatureId: string): Buffer =>
  attribute(ID.algorithmProtection, sequence(algorithm(digestId), der(0xa1, oid(signatureId))));
export const essCertificate = (hash: Buffer): Buffer =>
  attribute(ID.signingCertificateV2, sequence(sequence(sequence(octets(hash)))));
export const usual: readonly Buffer[] = [contentType(), messageDigest()];
