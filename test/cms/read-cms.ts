import type { Der } from "./der.js";
import { child, oidOf, readDer, requireOrder } from "./der.js";

/** A SignedData of one signer, taken apart. */
export interface ReadCms {
  readonly version: Der;
  readonly digestAlgorithms: readonly Der[];
  readonly contentType: string;
  /** The attached content. */
  readonly content: Buffer | undefined;
  /** DER, in the order in which they stand. */
  readonly certificates: readonly Buffer[];
  readonly signerInfo: {
    readonly version: Der;
    readonly issuer: Buffer;
    readonly serialNumber: Buffer;
    readonly digestAlgorithm: Der;
    /** The one value of each attribute, by type, in the order in which they stand. */
    readonly attributes: ReadonlyMap<string, Der>;
    /** The attributes as they are signed: with the tag of a SET OF (section 5.4). */
    readonly signed: Buffer;
    readonly signatureAlgorithm: Der;
    readonly signature: Buffer;
  };
}

const ID_SIGNED_DATA = "1.2.840.113549.1.7.2";

/** Takes a CMS signature apart, which must be DER throughout (RFC 5652, sections 3 and 5). */
export function readCms(bytes: Uint8Array): ReadCms {
  const contentInfo = readDer(bytes);
  const [type, explicit] = contentInfo.children;
  if (type === undefined || oidOf(type) !== ID_SIGNED_DATA || explicit?.children.length !== 1)
    throw new Error("not a SignedData");
  const [version, digestAlgorithms, encap, certificates, signerInfos, ...more] = child(explicit, 0).children;
  if (
    version === undefined ||
    digestAlgorithms === undefined ||
    encap === undefined ||
    certificates?.tag !== 0xa0 ||
    signerInfos?.children.length !== 1 ||
    more.length > 0
  )
    throw new Error("not a SignedData of one signer with certificates");
  requireOrder(certificates.children);
  const contents = encap.children.slice(1);
  if (
    contents.some(({ tag, children }) => tag !== 0xa0 || children.length !== 1 || children[0]?.tag !== 0x04)
  )
    throw new Error("the content is no OCTET STRING");
  return {
    version,
    digestAlgorithms: digestAlgorithms.children,
    contentType: oidOf(child(encap, 0)),
    content: contents[0] && child(contents[0], 0).content,
    certificates: certificates.children.map((certificate) => certificate.bytes),
    signerInfo: readSigner(child(signerInfos, 0)),
  };
}

function readSigner(signerInfo: Der): ReadCms["signerInfo"] {
  const [version, sid, digestAlgorithm, signedAttributes, signatureAlgorithm, signature, ...more] =
    signerInfo.children;
  if (
    version === undefined ||
    sid === undefined ||
    digestAlgorithm === undefined ||
    signedAttributes?.tag !== 0xa0 ||
    signatureAlgorithm === undefined ||
    signature?.tag !== 0x04 ||
    more.length > 0
  )
    throw new Error("not a SignerInfo with signed attributes and no others");
  requireOrder(signedAttributes.children);
  const attributes = signedAttributes.children.map((attribute): [string, Der] => {
    if (child(attribute, 1).children.length !== 1) throw new Error("an attribute without exactly one value");
    return [oidOf(child(attribute, 0)), child(attribute, 1, 0)];
  });
  if (new Set(attributes.map(([type]) => type)).size !== attributes.length)
    throw new Error("an attribute that is there twice");
  return {
    version,
    issuer: child(sid, 0).bytes,
    serialNumber: child(sid, 1).bytes,
    digestAlgorithm,
    attributes: new Map(attributes),
    signed: Buffer.concat([Buffer.of(0x31), signedAttributes.bytes.subarray(1)]),
    signatureAlgorithm,
    signature: signature.content,
  };
}
