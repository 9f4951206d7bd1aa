import type { Bytes } from "../../base/bytes.js";
import { concat } from "../../base/bytes.js";
import { encode, TAGS } from "../../cms/asn1/der.js";
import { objectIdentifier } from "../../cms/asn1/object-identifier.js";
import type { AttributeInput } from "../../cms/index.js";
import type { HashAlgorithm } from "../../key/hashes.js";
import { wrongOption } from "./refusal.js";

/** Of "Windows Authenticode Portable Executable Signature Format". */
const SPC = {
  statementType: "1.3.6.1.4.1.311.2.1.11",
  opusInfo: "1.3.6.1.4.1.311.2.1.12",
  peImageData: "1.3.6.1.4.1.311.2.1.15",
  individual: "1.3.6.1.4.1.311.2.1.21",
  commercial: "1.3.6.1.4.1.311.2.1.22",
  /** Page hashes by SHA-256. */
  pageHashes: "1.3.6.1.4.1.311.2.3.2",
} as const;

/** `SpcPeImageFlags`: none. */
const NO_FLAGS = encode(TAGS.bitString, Uint8Array.of(0));
const NULL = Uint8Array.of(0x05, 0x00);
/** The class of what `SpcSerializedObject` holds page hashes in. */
const PAGE_HASHES_CLASS = Buffer.from("a6b586d5b4a12466ae05a217da8e60d6", "hex");

/** What a signature says of whom it is by. */
export type StatementType = "individual" | "commercial";

/** What is told to people about a program. */
export interface OpusInfo {
  readonly description?: string | undefined;
  readonly url?: string | undefined;
}

/**
 * `SpcIndirectDataContent { data { SPC_PE_IMAGE_DATAOBJ, SpcPeImageData }, messageDigest DigestInfo }`: what is signed in
 * place of the file.
 *
 * @param pageHashes - of the file; `undefined` leaves them out, and an empty file name stands there
 */
export function spcIndirectData(
  { oid }: HashAlgorithm,
  digest: Uint8Array,
  pageHashes: Uint8Array | undefined,
): Bytes {
  const link = pageHashes === undefined ? emptyFileName() : serialized(pageHashes);
  const imageData = encode(TAGS.sequence, NO_FLAGS, encode(TAGS.context0, link));
  const algorithm = encode(TAGS.sequence, objectIdentifier(oid), NULL);
  return encode(
    TAGS.sequence,
    encode(TAGS.sequence, objectIdentifier(SPC.peImageData), imageData),
    encode(TAGS.sequence, algorithm, encode(TAGS.octetString, digest)),
  );
}

/** `SpcLink.file [2] { SpcString.unicode [0] "" }`. */
function emptyFileName(): Bytes {
  return encode(TAGS.context2, encode(TAGS.primitive0));
}

/** `SpcLink.moniker [1] SpcSerializedObject { classId, serializedData }`. */
function serialized(pageHashes: Uint8Array): Bytes {
  const hashes = encode(TAGS.set, encode(TAGS.octetString, pageHashes));
  const data = encode(TAGS.set, encode(TAGS.sequence, objectIdentifier(SPC.pageHashes), hashes));
  return encode(TAGS.context1, encode(TAGS.octetString, PAGE_HASHES_CLASS), encode(TAGS.octetString, data));
}

/**
 * The signed attributes of Authenticode beside content type and digest: `SpcSpOpusInfo`, and `SpcStatementType`.
 *
 * @throws {SignPathError} `CONFIG_INVALID`
 */
export function spcAttributes(info: OpusInfo, statement: StatementType): AttributeInput[] {
  if (statement !== "individual" && statement !== "commercial")
    throw wrongOption('statement must be "individual" or "commercial"');
  return [
    { type: SPC.opusInfo, values: spOpusInfo(info) },
    { type: SPC.statementType, values: encode(TAGS.sequence, objectIdentifier(SPC[statement])) },
  ];
}

/** `SpcSpOpusInfo { programName [0] SpcString OPTIONAL, moreInfo [1] SpcLink OPTIONAL }`, both tags explicit. */
function spOpusInfo({ description, url }: OpusInfo): Bytes {
  const name =
    description === undefined ? [] : [encode(TAGS.context0, encode(TAGS.primitive0, bmp(description)))];
  const link = url === undefined ? [] : [encode(TAGS.context1, encode(TAGS.primitive0, ia5(url)))];
  return encode(TAGS.sequence, ...name, ...link);
}

/** `SpcString.unicode`, a BMPString: UTF-16, big endian. */
function bmp(text: string): Bytes {
  if (typeof text !== "string" || text.trim() === "" || text.length > 1024 || /\p{Cc}|\p{Cs}/u.test(text))
    throw wrongOption("description must be a text of 1 to 1024 characters, on one line");
  return concat(Buffer.from(text, "utf16le").swap16());
}

/** `SpcLink.url`, an IA5String. */
function ia5(url: string): Bytes {
  const isUrl = typeof url === "string" && url.length <= 2048 && /^https?:\/\/[\x21-\x7e]+$/i.test(url);
  if (!isUrl || !URL.canParse(url))
    throw wrongOption("url must be an http or https address in ASCII, of 2048 characters at most");
  return concat(Buffer.from(url, "latin1"));
}
