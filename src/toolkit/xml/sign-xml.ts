import type { SignXmlOptions } from "./options.js";
import { makeSignature } from "./signature.js";

/**
 * Signs XML by xmldsigjs (XML-Signature 1.1).
 *
 * ```ts
 * const signed = await signXml("<order>…</order>", { policy, toolkit: xmldsigjs });
 * ```
 *
 * What is signed are the `references`: by default the whole document but for its comments and the signature itself. Neither
 * `KeyInfo` nor an object that no reference names is signed; a verifier must look at what the references cover.
 *
 * @param xml - the document, which the signature is put into as the last child of its root; `undefined` for a signature that
 * stands alone, over its `objects` or over what is elsewhere
 * @returns the document with the signature, or the signature, as XML in UTF-8 without a byte order mark
 * @throws {SignPathError} `ALGORITHM_NOT_SUPPORTED` for an algorithm that is not the key's, SHA-1 or an unknown
 * canonicalization; `CONFIG_INVALID` for XML that cannot be parsed or has a document type declaration, and for references
 * that the toolkit cannot resolve; these before anything is sent. `CERTIFICATE_CHANGED`, and whatever signing can fail with
 * @throws {TypeError} for what is no policy, or neither text nor a document
 */
export async function signXml(xml: string | Document | undefined, options: SignXmlOptions): Promise<string> {
  return makeSignature(xml, options);
}
