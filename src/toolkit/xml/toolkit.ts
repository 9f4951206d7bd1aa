/**
 * xmldsigjs or xadesjs as their users import them. Their own copy signs, so that its DOM is the one of their documents.
 * Described here by what is used of it, for those who have not installed them.
 */
export interface XmlToolkit {
  readonly SignedXml: new () => object;
  readonly Application: { setEngine(name: string, crypto: Crypto): void; readonly crypto: object };
  Parse(text: string): Document;
}

/** The members of `SignedXml` of xmldsigjs 2.5 and later that its `Sign` is made of. */
export interface SignedXmlParts {
  readonly XmlSignature: SignatureParts;
  contentHandler?: (reference: { readonly Uri?: string }) => Promise<Uint8Array | null>;
  ApplySignOptions(signature: object, algorithm: object, key: CryptoKey, options: object): Promise<void>;
  DigestReferences(data: Element | Uint8Array): Promise<void>;
  TransformSignedInfo(data: Element | Uint8Array): string;
  ResolveTransform(name: string): object;
}

/** What of a signature is read and written here. */
export interface SignatureParts {
  SignatureValue: Uint8Array;
  readonly SignedInfo: {
    readonly CanonicalizationMethod: { Algorithm: string };
    readonly SignatureMethod: { Algorithm: string };
    readonly References: Collection<{ readonly Type?: string; readonly Transforms: Collection<object> }>;
  };
  readonly KeyInfo: Collection<CertificatesParts>;
  readonly ObjectList: Collection<object> & { readonly constructor: unknown };
  GetXml(): Element | null;
  toString(): string;
}

/** A collection of xml-core. */
export interface Collection<Item> {
  readonly Count: number;
  Item(index: number): Item | null;
  Add(item: Item): void;
  RemoveAt(index: number): void;
}

/** `X509Data`. */
export interface CertificatesParts {
  readonly Certificates: readonly object[];
  AddCertificate(certificate: object): void;
}

const PARTS = ["ApplySignOptions", "DigestReferences", "TransformSignedInfo", "ResolveTransform"] as const;

/** Whether it is a `SignedXml` of a version that this package knows. */
export function hasParts(signed: object): signed is SignedXmlParts {
  return PARTS.every((name) => typeof (signed as Partial<SignedXmlParts>)[name] === "function");
}
