import { quote, refused } from "../../adapter/refusal.js";
import type { XmlCanonicalization, XmlHash } from "./algorithms.js";
import { canonicalizationUri, digestUri } from "./algorithms.js";
import { elementsWithId, hasSignature, outsideOfRoot } from "./input.js";
import { inclusiveTrouble } from "./namespaces.js";

/** One thing that is signed (XML-Signature, section 4.4.3). */
export interface XmlReference {
  /**
   * `""`: the whole document, without its comments; `"#id"`: the element whose attribute Id, ID or id says so, without its
   * comments; anything else: what is outside of the document, with its `content`. `"#xpointer(/)"` and `"#xpointer(id('…'))"`
   * are the document and the element with their comments. Default: `""`.
   */
  readonly uri?: string | undefined;
  /** `Id` of the reference. */
  readonly id?: string | undefined;
  /** `Type` of the reference. */
  readonly type?: string | undefined;
  /** Default: the hash that is signed with. */
  readonly hash?: XmlHash | undefined;
  /** Leave the signature out of what is signed, which it is put into. Default: `true` for the whole document. */
  readonly enveloped?: boolean | undefined;
  /** How what is in the document becomes bytes. Default: `"exc-c14n"`. */
  readonly canonicalization?: XmlCanonicalization | undefined;
  /** The bytes, or the text in UTF-8, that a `uri` outside of the document stands for. It is not fetched. */
  readonly content?: string | Uint8Array | undefined;
}

/** A reference as xmldsigjs takes it. */
export interface ToolkitReference {
  readonly uri: string;
  readonly id?: string;
  readonly type?: string;
  readonly hash: XmlHash;
  readonly transforms: readonly string[];
}

/** What references are resolved in. */
export interface ReferenceContext {
  readonly hash: XmlHash;
  /** The element that the signature is put into. */
  readonly root: Element | undefined;
  /** The identifiers of the signature's own objects. */
  readonly objects: readonly string[];
}

/** What the digests are made of, and what is outside of the document. */
export interface Resolved {
  readonly references: readonly ToolkitReference[];
  readonly contents: ReadonlyMap<string, Uint8Array>;
}

/**
 * Checks references against the document.
 *
 * @throws {SignPathError} `CONFIG_INVALID`, `ALGORITHM_NOT_SUPPORTED`
 */
export function resolveReferences(given: Iterable<XmlReference>, context: ReferenceContext): Resolved {
  const contents = new Map<string, Uint8Array>();
  const references = [...given].map((reference) => {
    const { uri = "" } = reference;
    if (uri !== "" && !uri.startsWith("#")) contents.set(uri, contentOf(reference, contents));
    return resolve({ ...reference, uri }, context);
  });
  if (references.length === 0) throw refused("there is nothing to sign: name references, or give objects");
  return { references, contents };
}

function resolve(reference: XmlReference & { uri: string }, context: ReferenceContext): ToolkitReference {
  const { uri, id, type, hash = context.hash } = reference;
  digestUri(hash);
  return {
    ...{ uri, hash, transforms: transformsOf(reference, context) },
    ...(id !== undefined && { id }),
    ...(type !== undefined && { type }),
  };
}

function transformsOf(reference: XmlReference & { uri: string }, context: ReferenceContext): string[] {
  const { uri, canonicalization = "exc-c14n", content } = reference;
  const isWhole = uri === "" || uri === "#xpointer(/)";
  const { enveloped = isWhole } = reference;
  canonicalizationUri(canonicalization);
  if (uri !== "" && !uri.startsWith("#")) {
    if (enveloped || reference.canonicalization !== undefined)
      throw refused(`what ${quote(uri)} stands for is signed byte for byte, without transforms`);
    return [];
  }
  if (content !== undefined)
    throw refused(`content is for a uri outside of the document, not for ${quote(uri)}`);
  const keepsComments = uri.startsWith("#xpointer(");
  if (canonicalization.endsWith("-com") && !keepsComments)
    throw refused(
      `${quote(uri)} leaves comments out, whatever the canonicalization (XML-Signature, section 4.4.3.3): with ${canonicalization} use ${isWhole ? "#xpointer(/)" : "#xpointer(id('…'))"}`,
    );
  if (isWhole) checkWhole(enveloped, canonicalization, context);
  else checkElement(reference, enveloped, canonicalization, context);
  return enveloped ? ["enveloped", canonicalization] : [canonicalization];
}

function checkWhole(enveloped: boolean, canonicalization: string, { root }: ReferenceContext): void {
  if (root === undefined) throw refused("there is no document that the whole of could be signed");
  if (!enveloped)
    throw refused(
      "a signature inside of a document cannot sign the whole of it with itself: leave enveloped true",
    );
  const outside = outsideOfRoot(root.ownerDocument, canonicalization.endsWith("-com"));
  if (outside !== undefined)
    throw refused(
      `${outside} stands beside the root element, where xmldsigjs does not sign it: take it out, or sign "#id"`,
    );
  refuseSecond(root);
}

function checkElement(
  { uri }: { uri: string },
  enveloped: boolean,
  canonicalization: string,
  { root, objects }: ReferenceContext,
): void {
  const id =
    /^#xpointer\(id\('([^'"]+)'\)\)$/.exec(uri)?.[1] ?? (/^#[^()]+$/.test(uri) ? uri.slice(1) : undefined);
  if (id === undefined)
    throw refused(`${quote(uri)} is none of "", "#id", "#xpointer(/)" and "#xpointer(id('…'))"`);
  const found = root === undefined ? [] : elementsWithId(root, id);
  const inObjects = objects.filter((object) => object === id).length;
  if (found.length + inObjects !== 1)
    throw refused(
      `${found.length + inObjects} elements have the identifier ${quote(id)}, and one is to be signed`,
    );
  const [element = root] = found;
  if (enveloped && element !== root)
    throw refused(`the signature is put into the root element, and so ${quote(uri)} is not what it is in`);
  if (!enveloped && element === root && inObjects === 0)
    throw refused(`${quote(uri)} is the root element, which the signature is put into: set enveloped`);
  if (enveloped && root !== undefined) refuseSecond(root);
  const trouble = element && canonicalization.startsWith("c14n") ? inclusiveTrouble(element) : undefined;
  if (trouble !== undefined)
    throw refused(`${quote(uri)} ${trouble}, which xmldsigjs does not canonicalize by c14n: use exc-c14n`);
}

function refuseSecond(root: Element): void {
  if (hasSignature(root))
    throw refused(
      "the root element has a signature already, and xmldsigjs cannot make a second enveloped one that verifies",
    );
}

function contentOf({ uri, content }: XmlReference, others: ReadonlyMap<string, Uint8Array>): Uint8Array {
  if (content === undefined) throw refused(`what ${quote(uri)} stands for is not fetched: give its content`);
  if (others.has(uri ?? "")) throw refused(`there are two references to ${quote(uri)}`);
  return typeof content === "string" ? new TextEncoder().encode(content) : Uint8Array.from(content);
}
