import { quote, refused } from "../../adapter/refusal.js";
import { namespaceTrouble } from "./namespaces.js";
import type { XmlToolkit } from "./toolkit.js";

const ELEMENT = 1;
const PROCESSING_INSTRUCTION = 7;
const COMMENT = 8;
const DOCUMENT = 9;
const DOCUMENT_TYPE = 10;

const SIGNATURES = "http://www.w3.org/2000/09/xmldsig#";

/**
 * Refuses text with a document type declaration, before a parser sees it, and references to entities that only one could
 * declare: entities and default attributes make readers see different documents.
 *
 * @throws {SignPathError} `CONFIG_INVALID`
 */
export function refuseEntities(text: string): void {
  // Each of what may hold anything ends with the text at the latest, so that no end is looked for twice.
  const markup = text.replace(
    /<!\[CDATA\[[\s\S]*?(?:\]\]>|$)|<!--[\s\S]*?(?:-->|$)|<\?[\s\S]*?(?:\?>|$)/g,
    "",
  );
  if (/<!DOCTYPE/i.test(markup)) throw documentTypeRefused();
  const foreign = /&(?!(?:amp|lt|gt|quot|apos|#[0-9]+|#x[0-9a-fA-F]+);)[^;\s]{0,60}/.exec(markup)?.[0];
  if (foreign !== undefined)
    throw refused(`the XML to sign refers to an entity that is not declared: ${quote(foreign)}`);
  // xml-crypto, like xmldsigjs, puts the name into the canonical form as it is.
  if (/\sxmlns(?::[^\s=]+)?\s*=\s*(?:"[^"&]*&|'[^'&]*&)/.test(markup))
    throw refused(
      "the name of a namespace has a character that is escaped, which the toolkits canonicalize wrongly",
    );
}

/**
 * A document of the caller's, or of text, that is only our own.
 *
 * @throws {SignPathError} `CONFIG_INVALID` for what is not XML, or has a document type declaration
 */
export function ownDocument(
  xml: string | Document,
  { Parse }: XmlToolkit,
): Document & { documentElement: Element } {
  const document = typeof xml === "string" ? parse(xml, Parse) : copyOf(xml);
  const root = document.documentElement as Element | null;
  if (root === null) throw refused("the XML to sign has no element");
  if (root.nodeName === "parsererror" || root.getElementsByTagName("parsererror").length > 0)
    throw refused("the XML to sign cannot be parsed");
  if (childrenOf(document).some(({ nodeType }) => nodeType === DOCUMENT_TYPE)) throw documentTypeRefused();
  const trouble = namespaceTrouble(elementsOf(root));
  if (trouble !== undefined) throw refused(`${trouble}, which xmldsigjs canonicalizes wrongly`);
  return document as Document & { documentElement: Element };
}

function parse(text: string, Parse: XmlToolkit["Parse"]): Document {
  refuseEntities(text);
  try {
    return Parse(text);
  } catch (cause) {
    const missing = cause instanceof Error && cause.message.includes("setNodeDependencies");
    const reason = missing
      ? "xml-core has no parser: give it one by its setNodeDependencies({ DOMParser, XMLSerializer, DOMImplementation })"
      : "the XML to sign cannot be parsed";
    throw refused(reason, "CONFIG_INVALID", cause);
  }
}

function copyOf(xml: Document): Document {
  if ((xml as Partial<Document> | null)?.nodeType !== DOCUMENT)
    throw new TypeError("the XML to sign must be text or a DOM document");
  return xml.cloneNode(true) as Document;
}

function documentTypeRefused(): Error {
  return refused("XML with a document type declaration is not signed: entities differ from reader to reader");
}

/**
 * Takes an XML declaration away that names another encoding than the one that text is written in.
 */
export function dropForeignEncoding(document: Document): void {
  for (const node of childrenOf(document)) {
    const named =
      node.nodeName === "xml" ? /encoding\s*=\s*["']([^"']*)/.exec(node.nodeValue ?? "")?.[1] : undefined;
    if (named !== undefined && named.toUpperCase() !== "UTF-8") document.removeChild(node);
  }
}

/** What stands outside of the root element and belongs to the document's canonical form, which the toolkit leaves out. */
export function outsideOfRoot(document: Document, withComments: boolean): string | undefined {
  const kinds = withComments ? [PROCESSING_INSTRUCTION, COMMENT] : [PROCESSING_INSTRUCTION];
  const found = childrenOf(document).find(
    ({ nodeType, nodeName }) => kinds.includes(nodeType) && nodeName !== "xml",
  );
  return (
    found &&
    (found.nodeType === COMMENT ? "a comment" : `the processing instruction ${quote(found.nodeName)}`)
  );
}

/** Whether an element has a signature among its children: the toolkit's transform leaves all of them out. */
export function hasSignature(element: Element): boolean {
  return childrenOf(element).some(
    (node) =>
      node.nodeType === ELEMENT &&
      (node as Element).localName === "Signature" &&
      (node as Element).namespaceURI === SIGNATURES,
  );
}

/** The elements whose identifier it is: their attribute Id, ID or id. */
export function elementsWithId(root: Element, id: string): Element[] {
  return elementsOf(root).filter((element) =>
    ["Id", "ID", "id"].some((name) => element.getAttribute(name) === id),
  );
}

/** An element and all in it. */
export function elementsOf(root: Element): Element[] {
  const inside = root.getElementsByTagName("*");
  return [root, ...Array.from({ length: inside.length }, (_, index) => inside.item(index) as Element)];
}

function childrenOf(node: Node): ChildNode[] {
  return Array.from(
    { length: node.childNodes.length },
    (_, index) => node.childNodes.item(index) as ChildNode,
  );
}
