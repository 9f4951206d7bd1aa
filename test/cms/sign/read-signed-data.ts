import type { Der } from "../der.js";
import { child, oidOf, readDer, requireOrder } from "../der.js";

/** A SignerInfo, taken apart. */
export interface ReadSigner {
  readonly version: number;
  /** `SEQUENCE` of issuer and serial number, or `[0]` key identifier. */
  readonly sid: Der;
  readonly digestAlgorithm: string;
  /** The values of each signed attribute, by type. */
  readonly attributes: ReadonlyMap<string, readonly Der[]>;
  /** The attributes as they are signed; undefined without any. */
  readonly signed: Buffer | undefined;
  readonly signatureAlgorithm: Der;
  readonly signature: Buffer;
  /** The values of each unsigned attribute, by type; of several of one type all. */
  readonly unsigned: ReadonlyMap<string, readonly Der[]>;
  readonly bytes: Buffer;
}

/** A SignedData in DER, taken apart. */
export interface ReadSignedData {
  readonly version: number;
  readonly digestAlgorithms: readonly string[];
  readonly contentType: string;
  /** What is in the `[0]` of the content. */
  readonly content: Der | undefined;
  readonly certificates: readonly Buffer[];
  readonly crls: readonly Der[];
  readonly signers: readonly ReadSigner[];
}

const ID_SIGNED_DATA = "1.2.840.113549.1.7.2";

/** @throws {Error} where it is not DER throughout */
export function readSignedData(bytes: Uint8Array): ReadSignedData {
  const contentInfo = readDer(bytes);
  if (oidOf(child(contentInfo, 0)) !== ID_SIGNED_DATA) throw new Error("not a SignedData");
  const [version, digestAlgorithms, encap, ...rest] = child(contentInfo, 1, 0).children;
  if (version === undefined || digestAlgorithms === undefined || encap === undefined)
    throw new Error("a SignedData without its first parts");
  const tagged = (tag: number): readonly Der[] => rest.find((each) => each.tag === tag)?.children ?? [];
  for (const tag of [0xa0, 0xa1]) requireOrder(tagged(tag));
  const signerInfos = rest.at(-1);
  if (signerInfos?.tag !== 0x31 || rest.length > 3) throw new Error("a SignedData without SignerInfos");
  return {
    version: version.content.readUInt8(0),
    digestAlgorithms: digestAlgorithms.children.map((each) => oidOf(child(each, 0))),
    contentType: oidOf(child(encap, 0)),
    content: encap.children[1] && child(encap, 1, 0),
    certificates: tagged(0xa0).map((each) => each.bytes),
    crls: tagged(0xa1),
    signers: signerInfos.children.map(readSigner),
  };
}

/** A SignerInfo that stands alone, as a counter-signature does. */
export function readSigner(signerInfo: Der): ReadSigner {
  const [version, sid, digestAlgorithm, ...rest] = signerInfo.children;
  const signedAttributes = rest[0]?.tag === 0xa0 ? rest.shift() : undefined;
  const [signatureAlgorithm, signature, unsigned, ...more] = rest;
  if (
    version === undefined ||
    sid === undefined ||
    digestAlgorithm === undefined ||
    signatureAlgorithm === undefined ||
    signature?.tag !== 0x04 ||
    (unsigned !== undefined && unsigned.tag !== 0xa1) ||
    more.length > 0
  )
    throw new Error("not a SignerInfo");
  return {
    version: version.content.readUInt8(0),
    sid,
    digestAlgorithm: oidOf(child(digestAlgorithm, 0)),
    attributes: attributesOf(signedAttributes),
    signed: signedAttributes && Buffer.concat([Buffer.of(0x31), signedAttributes.bytes.subarray(1)]),
    signatureAlgorithm,
    signature: signature.content,
    unsigned: attributesOf(unsigned),
    bytes: signerInfo.bytes,
  };
}

function attributesOf(set: Der | undefined): ReadonlyMap<string, readonly Der[]> {
  const attributes = new Map<string, readonly Der[]>();
  requireOrder(set?.children ?? []);
  for (const attribute of set?.children ?? []) {
    const type = oidOf(child(attribute, 0));
    attributes.set(type, [...(attributes.get(type) ?? []), ...child(attribute, 1).children]);
  }
  return attributes;
}
