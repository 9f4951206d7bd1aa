import type { Bytes } from "../../base/bytes.js";
import { ecdsaSignatureValue } from "../asn1/ecdsa-signature-value.js";
import { algorithmIdentifier } from "../asn1/object-identifier.js";
import { signedAttributes } from "./attributes.js";
import {
  digestEncryptionAlgorithm,
  pkcs7DigestAlgorithm,
  signatureAlgorithm,
} from "./signature-algorithm.js";
import { signerIdentifier } from "./signer-identifier.js";
import type { SignerInfo } from "./signer-info.js";
import { signerInfoOf } from "./signer-info.js";
import type { SignerPlan } from "./signer-plan.js";

/** A signer's part of a SignedData. */
export interface Signed {
  /** `AlgorithmIdentifier` of the content's digest. */
  readonly digestAlgorithm: Bytes;
  readonly signerInfo: SignerInfo;
  /** DER of what goes in for this signer: its certificate first. */
  readonly certificates: readonly Bytes[];
}

/** The same before there is a signature. */
export interface Draft {
  /** What is to be signed, as DER; `undefined`: the digest of the content itself. */
  readonly attributes: Bytes | undefined;
  /** @param signature - as WebCrypto gives it: of ECDSA r‖s */
  with(signature: Bytes): Signed;
}

/** What a draft is made from, beside the plan. */
export interface DraftFacts {
  /** Of the content. */
  readonly digest: Uint8Array;
  /** The signer's, as DER. */
  readonly certificate: Bytes;
  /** What goes in for this signer, with its certificate. */
  readonly certificates: readonly Bytes[];
}

/** All of a signer's part but the signature. */
export function draftOf(signer: SignerPlan, { digest, certificate, certificates }: DraftFacts): Draft {
  const { policy, algorithm, hash, usesKeyIdentifier } = signer;
  const identify = signer.isPkcs7 ? digestEncryptionAlgorithm : signatureAlgorithm;
  const identifierOfAlgorithm = identify(algorithm, hash);
  const digestAlgorithm = signer.isPkcs7 ? pkcs7DigestAlgorithm(hash) : algorithmIdentifier(hash.oid);
  const identifier = signerIdentifier(certificate, usesKeyIdentifier, policy.reference);
  const attributes =
    signer.attributes &&
    signedAttributes(signer.attributes, {
      messageDigest: digest,
      hash,
      certificate,
      signatureAlgorithm: identifierOfAlgorithm,
    });
  return {
    attributes,
    with(raw) {
      const signerInfo = signerInfoOf({
        identifier,
        usesKeyIdentifier,
        digestAlgorithm,
        signedAttributes: attributes,
        signatureAlgorithm: identifierOfAlgorithm,
        signature: algorithm === "ECDSA" ? ecdsaSignatureValue(raw) : raw,
      });
      return { digestAlgorithm, signerInfo, certificates };
    },
  };
}
