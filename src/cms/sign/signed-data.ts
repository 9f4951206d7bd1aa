import { createHash, X509Certificate } from "node:crypto";
import * as asn1js from "asn1js";
import * as pkijs from "pkijs";
import type { Bytes } from "../../base/bytes.js";
import { buildChain } from "../../policy/chain.js";
import { signWithKey } from "../../subtle/sign.js";
import { CONTENT_TYPES } from "../asn1/oids.js";
import { makeEngine } from "../engine.js";
import { signedAttributes } from "./attributes.js";
import type { Plan } from "./options.js";

/** A detached SignedData without its certificates, and these. */
export interface Signed {
  readonly signedData: pkijs.SignedData;
  /** DER, the signer's own first. */
  readonly certificates: readonly Bytes[];
}

/** Signs a content whose digest is known. */
export async function signDigest(plan: Plan, messageDigest: Uint8Array): Promise<Signed> {
  const { policy, key, hash, signingTime, signal } = plan;
  const { signatureAlgorithm, parameters } = await makeEngine(pkijs).getSignatureParameters(key, hash.name);
  // The policy may get a new certificate while the content is read. From here to the signing nothing is waited for, so
  // that the certificate that is written down is the one that the signature is checked against.
  const leaf = policy.certificateDer;
  const { issuer, serialNumber } = pkijs.Certificate.fromBER(leaf);
  const signedAttrs = signedAttributes({
    contentType: CONTENT_TYPES.data,
    messageDigest,
    signingTime,
    issuer,
    serialNumber,
    certificateDigest: createHash(hash.nodeName).update(leaf).digest(),
    certificateHash: hash.name,
  });
  // DER encodes the attributes as a SET OF where they are signed (RFC 5652, section 5.4).
  const signed = new Uint8Array(signedAttrs.toSchema().toBER());
  signed[0] = 0x31;
  const algorithm = parameters.algorithm as KeyAlgorithm;
  const { buffer } = await signWithKey(algorithm, key, signed, { signal });
  const signature = algorithm.name === "ECDSA" ? pkijs.createCMSECDSASignature(buffer) : buffer;
  // Without parameters, as RFC 5754, section 2, has it for SHA-2.
  const digestAlgorithm = new pkijs.AlgorithmIdentifier({ algorithmId: hash.oid });
  const signerInfo = new pkijs.SignerInfo({
    version: 1,
    sid: new pkijs.IssuerAndSerialNumber({ issuer, serialNumber }),
    digestAlgorithm,
    signedAttrs,
    signatureAlgorithm,
    signature: new asn1js.OctetString({ valueHex: signature }),
  });
  const signedData = new pkijs.SignedData({
    digestAlgorithms: [digestAlgorithm],
    encapContentInfo: new pkijs.EncapsulatedContentInfo({ eContentType: CONTENT_TYPES.data }),
    signerInfos: [signerInfo],
  });
  return { signedData, certificates: withoutRoot(buildChain(leaf, plan.candidates)) };
}

function withoutRoot([leaf, ...issuers]: readonly Bytes[]): readonly Bytes[] {
  return leaf === undefined ? [] : [leaf, ...issuers.filter((der) => !isSelfSigned(der))];
}

/** Not only self-issued, as a certificate from an authority's old key for its new one is (RFC 5280, section 3.2). */
function isSelfSigned(der: Bytes): boolean {
  const certificate = new X509Certificate(der);
  return certificate.verify(certificate.publicKey);
}
