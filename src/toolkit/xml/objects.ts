import { quote, refused } from "../../adapter/refusal.js";
import { ownDocument } from "./input.js";
import type { SignedXmlParts, XmlToolkit } from "./toolkit.js";

/** Content that a signature holds itself (XML-Signature, section 4.5). */
export interface XmlSignatureObject {
  /** Its identifier, which `"#id"` of a reference names: a name of XML without a colon. */
  readonly id: string;
  /** XML, or with `text` instead plain text. */
  readonly xml?: string | Document | undefined;
  readonly text?: string | undefined;
  readonly mimeType?: string | undefined;
}

const SIGNATURES = "http://www.w3.org/2000/09/xmldsig#";

/**
 * Puts objects into a signature.
 *
 * @throws {SignPathError} `CONFIG_INVALID`
 */
export function addObjects(
  signed: SignedXmlParts,
  objects: readonly XmlSignatureObject[],
  toolkit: XmlToolkit,
): void {
  const list = signed.XmlSignature.ObjectList;
  // The class is the list's, as xadesjs does not export it.
  const { parser: DataObject } = list.constructor as {
    readonly parser: new () => { LoadXml(element: Element): void };
  };
  for (const object of objects) {
    const item = new DataObject();
    item.LoadXml(elementOf(object, toolkit));
    list.Add(item);
  }
}

/**
 * Checks what objects are made of.
 *
 * @throws {SignPathError} `CONFIG_INVALID`
 */
export function checkObjects(objects: readonly XmlSignatureObject[]): void {
  for (const { id, xml, text } of objects) {
    if (!/^[\p{L}_][\p{L}\p{N}._-]*$/u.test(id)) throw refused(`${quote(id)} is no identifier of an object`);
    if ((xml === undefined) === (text === undefined)) throw refused("an object has either xml or text");
  }
}

function elementOf({ id, xml, text, mimeType }: XmlSignatureObject, toolkit: XmlToolkit): Element {
  const document = toolkit.Parse(`<ds:Object xmlns:ds="${SIGNATURES}"/>`);
  const element = document.documentElement;
  element.setAttribute("Id", id);
  if (mimeType !== undefined) element.setAttribute("MimeType", mimeType);
  if (text !== undefined) element.appendChild(document.createTextNode(text));
  if (xml !== undefined)
    element.appendChild(document.importNode(ownDocument(xml, toolkit).documentElement, true));
  return element;
}
