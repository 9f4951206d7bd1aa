const ELEMENT = 1;

const SIGNATURES = "http://www.w3.org/2000/09/xmldsig#";
const XMLNS = "http://www.w3.org/2000/xmlns/";
const XML = "http://www.w3.org/XML/1998/namespace";

/** What of declarations of namespaces xmldsigjs 2.8 writes otherwise than Canonical XML 1.0 says, if there is any. */
export function namespaceTrouble(elements: readonly Element[]): string | undefined {
  for (const element of elements) {
    for (const { name, value } of declarationsOf(element)) {
      if (/[&<"\t\n\r]/.test(value)) return "the name of a namespace has a character that is escaped";
      if (name !== "xmlns" || value !== "") continue;
      if (element.prefix || !hasDefaultNamespace(element.parentNode))
        return `<${element.nodeName.slice(0, 60)}> has xmlns="" where it takes nothing away`;
    }
  }
  return undefined;
}

/** Not by `lookupNamespaceURI`, which not every DOM has for the default namespace. */
function hasDefaultNamespace(parent: Node | null): boolean {
  for (let node = parent; node?.nodeType === ELEMENT; node = node.parentNode) {
    const own = declarationsOf(node as Element).find(({ name }) => name === "xmlns");
    if (own !== undefined) return own.value !== "";
  }
  return false;
}

/** Whether the prefix of a signature's own elements is another's in the element that it is put into. */
export function hasForeignPrefix(root: Element): boolean {
  return declarationsOf(root).some(({ name, value }) => name === "xmlns:ds" && value !== SIGNATURES);
}

/**
 * Why Canonical XML 1.0 of a part of the document is not what the toolkit makes of it, if it is not: it does not hand down
 * `xml:` attributes, and not a default namespace that an element with a prefix declares.
 *
 * @param element - where the part is, or will be
 */
export function inclusiveTrouble(element: Element): string | undefined {
  for (let node: Node | null = element; node?.nodeType === ELEMENT; node = node.parentNode) {
    const inherited = attributesOf(node as Element).find(({ namespaceURI }) => namespaceURI === XML);
    if (inherited) return `inherits ${inherited.name}`;
    if ((node as Element).prefix && declarationsOf(node as Element).some(({ name }) => name === "xmlns"))
      return "inherits a default namespace from an element with a prefix";
  }
  return undefined;
}

function declarationsOf(element: Element): Attr[] {
  return attributesOf(element).filter(({ namespaceURI }) => namespaceURI === XMLNS);
}

function attributesOf({ attributes }: Element): Attr[] {
  return Array.from({ length: attributes.length }, (_, index) => attributes.item(index) as Attr);
}
