import { algorithmOf } from "../../adapter/choice.js";
import { cryptoWith } from "../../adapter/crypto.js";
import { refused } from "../../adapter/refusal.js";
import { requireSameKey } from "../../adapter/same-key.js";
import { signMessage } from "../../adapter/sign-message.js";
import { encodeBase64 } from "../../base/bytes.js";
import { isSignPathError } from "../../base/errors.js";
import { requireOptions } from "../../base/options.js";
import { canonicalizationUri, signatureUri } from "./algorithms.js";
import { dropForeignEncoding, ownDocument } from "./input.js";
import { hasForeignPrefix, inclusiveTrouble } from "./namespaces.js";
import { addObjects, checkObjects } from "./objects.js";
import type { SignXmlOptions } from "./options.js";
import { resolveReferences } from "./references.js";
import type { SignatureParts, SignedXmlParts, XmlToolkit } from "./toolkit.js";
import { hasParts } from "./toolkit.js";

/** What a kind of signature adds. */
export interface SignatureKind {
  /** Options of the toolkit's own, from the certificate (DER in Base64). */
  readonly toolkitOptions?: (certificate: string) => object;
  /** Sees the signature before its references are digested. */
  readonly prepare?: (signed: SignedXmlParts) => void;
}

/**
 * Makes a signature by the parts that the toolkit's own `Sign` is made of. That one takes the key to the process's engine,
 * for all its callers the same, and writes parameters of RSA-PSS that the JDK does not read.
 */
export async function makeSignature(
  input: string | Document | undefined,
  options: SignXmlOptions,
  kind: SignatureKind = {},
): Promise<string> {
  requireOptions(options);
  const { policy, toolkit, canonicalization = "exc-c14n", id, keyInfo = true, signal } = options;
  const algorithm = algorithmOf(options);
  const canonicalizationMethod = canonicalizationUri(canonicalization);
  const certificate = policy.certificateDer;
  const chain = await policy.certificateChain(options.certificates ?? []);
  const document = input === undefined ? undefined : ownDocument(input, toolkit);
  if (document) dropForeignEncoding(document);
  const root = document?.documentElement;
  if (root && hasForeignPrefix(root))
    throw refused(
      "the root element has the prefix ds for something else, and xmldsigjs has no other for signatures",
    );
  if (root && canonicalization.startsWith("c14n")) refuseTrouble(root);
  const objects = [...(options.objects ?? [])];
  checkObjects(objects);
  const byDefault = root ? [{ uri: "" }] : objects.map((object) => ({ uri: `#${object.id}` }));
  const context = { hash: algorithm.hash as "SHA-256", root, objects: objects.map((object) => object.id) };
  const { references, contents } = resolveReferences(options.references ?? byDefault, context);

  const { signature, signedInfo } = await asRefusal(async () => {
    const signed = signerOf(toolkit);
    const { XmlSignature: made } = signed;
    addObjects(signed, objects, toolkit);
    signed.contentHandler = async ({ Uri }) => contents.get(Uri ?? "") ?? null;
    const encoded = chain.map(({ rawData }) => encodeBase64(new Uint8Array(rawData)));
    const own = {
      ...{ references, ...(keyInfo && { x509: encoded }), ...(id !== undefined && { id }) },
      ...kind.toolkitOptions?.(encodeBase64(certificate)),
    };
    const { name, hash } = algorithm;
    await signed.ApplySignOptions(made, { name, hash: { name: hash } }, policy.privateKey(algorithm), own);
    joinCertificates(made);
    made.SignedInfo.CanonicalizationMethod.Algorithm = canonicalizationMethod;
    kind.prepare?.(signed);
    // The transforms change what they are given, and no reference may see that.
    const data =
      root === undefined
        ? new Uint8Array()
        : (root.ownerDocument.cloneNode(true) as Document).documentElement;
    await signed.DigestReferences(data);
    made.SignedInfo.SignatureMethod.Algorithm = signatureUri(algorithm);
    return { signature: made, signedInfo: signed.TransformSignedInfo(root ?? data) };
  });
  const bytes = new TextEncoder().encode(signedInfo);
  signature.SignatureValue = await signMessage(policy, algorithm, bytes, { signal });
  requireSameKey(policy, certificate);
  return written(signature, document, toolkit);
}

function refuseTrouble(root: Element): void {
  const trouble = inclusiveTrouble(root);
  if (trouble === undefined) return;
  throw refused(`the signature ${trouble}, which xmldsigjs does not canonicalize by c14n: use exc-c14n`);
}

/** A signature of the toolkit's, for which it has an engine to digest with. */
function signerOf(toolkit: XmlToolkit): SignedXmlParts {
  if (!hasEngine(toolkit)) toolkit.Application.setEngine("signpath-webcrypto", cryptoWith({}));
  const signed = new toolkit.SignedXml();
  if (!hasParts(signed)) throw refused("the toolkit is not xmldsigjs 2.5 or xadesjs 2.4, or a later one");
  return signed;
}

function hasEngine({ Application }: XmlToolkit): boolean {
  try {
    return Boolean(Application.crypto);
  } catch {
    return false;
  }
}

/** The toolkit writes an X509Data for each certificate; those of one chain belong into one (XML-Signature, section 4.5.4). */
function joinCertificates({ KeyInfo }: SignatureParts): void {
  const first = KeyInfo.Item(0);
  while (first && KeyInfo.Count > 1) {
    for (const certificate of KeyInfo.Item(1)?.Certificates ?? []) first.AddCertificate(certificate);
    KeyInfo.RemoveAt(1);
  }
}

/** What the toolkit throws before anything was sent. */
async function asRefusal<Result>(make: () => Promise<Result>): Promise<Result> {
  try {
    return await make();
  } catch (error) {
    if (isSignPathError(error) || error instanceof TypeError || !(error instanceof Error)) throw error;
    throw refused(`the toolkit cannot make this signature: ${error.message}`, "CONFIG_INVALID", error);
  }
}

function written(signature: SignatureParts, document: Document | undefined, toolkit: XmlToolkit): string {
  const element = signature.GetXml();
  if (document === undefined || element === null) return escaped(signature.toString());
  document.documentElement.appendChild(document.importNode(element, true));
  return escaped(serialized(document, toolkit));
}

/** A raw carriage return would be read as a line feed (XML 1.0, section 2.11). */
function escaped(xml: string): string {
  return xml.replaceAll("\r", "&#xD;");
}

function serialized(document: Document, toolkit: XmlToolkit): string {
  const { Stringify } = toolkit as { Stringify?: (node: Node) => string };
  if (Stringify !== undefined) return Stringify(document);
  return typeof XMLSerializer === "undefined"
    ? String(document)
    : new XMLSerializer().serializeToString(document);
}
