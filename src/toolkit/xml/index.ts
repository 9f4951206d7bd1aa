/**
 * XML signatures (XML-Signature 1.1, XAdES-BES) with a key in SignPath, by toolkits that nobody here has changed. Nothing here
 * loads a toolkit: `toolkit` or `signedXml` are yours.
 *
 * | how | with what | run with |
 * | --- | --- | --- |
 * | {@link signXml} | xmldsigjs | 2.8 |
 * | {@link signXades} | xadesjs | 2.6 |
 * | {@link signWithXmlCrypto}, {@link xmlCryptoAlgorithm} | xml-crypto | 6.3 |
 *
 * RSA PKCS #1 v1.5, RSA-PSS and ECDSA with SHA-256, SHA-384 and SHA-512, by the URIs of RFC 9231; RSA-PSS by those without
 * parameters, whose salt is as long as the hash. Signatures of ECDSA are r‖s. SHA-1 is refused.
 *
 * A signature covers what its references name and nothing else. That a reader uses the very element that was signed, and not
 * another one put in its place, is for the verifier to see to.
 *
 * xmldsigjs checks neither identifiers across documents nor declarations of types: what it cannot canonicalize as others do is
 * refused here (what stands beside the root element, a second enveloped signature in it, `xml:` attributes handed down by
 * Canonical XML). XPath, XSLT, manifests, timestamps (XAdES-T) and signature policies (XAdES-EPES) are not there.
 *
 * @module
 */
export type { XmlCanonicalization, XmlHash } from "./algorithms.js";
export type { XmlSignatureObject } from "./objects.js";
export type { SignXmlOptions } from "./options.js";
export type { XmlReference } from "./references.js";
export type { ProductionPlace, SignXadesOptions } from "./sign-xades.js";
export { signXades } from "./sign-xades.js";
export { signXml } from "./sign-xml.js";
export type { XmlToolkit } from "./toolkit.js";
export type {
  SignWithXmlCryptoOptions,
  XmlCryptoAlgorithm,
  XmlCryptoPlacement,
  XmlCryptoSignedXml,
} from "./xml-crypto.js";
export { signWithXmlCrypto, xmlCryptoAlgorithm } from "./xml-crypto.js";
export type { XmlCryptoHashAlgorithm, XmlCryptoSignatureAlgorithm } from "./xml-crypto-classes.js";
