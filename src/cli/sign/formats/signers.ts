import type { SigningPolicy } from "../../../policy/signing-policy.js";
import type { SignatureOptions, Signer, SignerOf } from "../signer.js";
import { rawSigner } from "./raw.js";
import type { FormatName } from "./table.js";

/**
 * The signer of each job of a batch.
 *
 * @returns a function that fails with `POLICY_UNUSABLE`, `ALGORITHM_NOT_SUPPORTED` and `CONFIG_INVALID` for a format that
 * the policy cannot sign, or whose toolkit is not installed; nothing is sent
 */
export function signersWith(policy: SigningPolicy, options: SignatureOptions): SignerOf {
  const signers = new Map<FormatName, Promise<Signer>>();
  return ({ format }) => {
    const signer = signers.get(format) ?? makeSigner(format, policy, options);
    signers.set(format, signer);
    return signer;
  };
}

/** Each format is loaded where it is wanted. */
async function makeSigner(
  format: FormatName,
  policy: SigningPolicy,
  options: SignatureOptions,
): Promise<Signer> {
  switch (format) {
    case "cms":
      return (await import("./cms.js")).cmsSigner(policy, options);
    case "raw":
      return rawSigner(policy, options);
    case "jws":
      return (await import("./jws.js")).jwsSigner(policy, options);
    case "pdf":
      return (await import("./pdf.js")).pdfSigner(policy, options);
    case "authenticode":
      return (await import("./authenticode.js")).authenticodeSigner(policy, options);
    case "jar":
      return (await import("./jar.js")).jarSigner(policy, options);
    case "xml":
      return (await import("./xml.js")).xmlSigner(policy, options);
  }
}
