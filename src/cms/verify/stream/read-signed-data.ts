import { CONTENT_TYPES } from "../../asn1/oids.js";
import { Malformed } from "../asn1/limits.js";
import { oidOf, smallIntegerOf } from "../asn1/primitives.js";
import { context, TAG } from "../asn1/tags.js";
import type { Value } from "../asn1/value.js";
import type { SignedData } from "../parse/signed-data.js";
import { readDigestAlgorithms, readSequences, readSigners, VERSIONS } from "../parse/signed-data.js";
import type { ContentSink } from "./content.js";
import { readOctets } from "./content.js";
import type { Frame } from "./frame.js";
import { OUTSIDE, Reader } from "./frame.js";
import { Input } from "./input.js";

const EXPLICIT = context(0, "constructed");

/** What is read, and whether there was content in it. */
export interface ReadSignedData {
  readonly signedData: SignedData;
  readonly attached: boolean;
}

/**
 * Reads a ContentInfo with SignedData (RFC 5652, sections 3 and 5.1) from BER or DER, from its beginning to its end, with
 * the content handed on as it comes.
 *
 * @param begin - is told the object identifiers of the hashes before the content comes, and says where that goes
 * @throws {Malformed}
 */
export async function readSignedData(
  source: AsyncIterable<Uint8Array>,
  begin: (digestAlgorithms: readonly string[]) => ContentSink,
): Promise<ReadSignedData> {
  const input = new Input(source);
  try {
    return await read(new Reader(input), begin);
  } finally {
    await input.close();
  }
}

async function read(
  reader: Reader,
  begin: (digestAlgorithms: readonly string[]) => ContentSink,
): Promise<ReadSignedData> {
  const info = await reader.enter(OUTSIDE, TAG.sequence, "ContentInfo");
  if (oidOf(await next(reader, info, "contentType")) !== CONTENT_TYPES.signedData)
    throw new Malformed("it is CMS of another kind than SignedData");
  const explicit = await reader.enter(info, EXPLICIT, "the content of ContentInfo");
  const frame = await reader.enter(explicit, TAG.sequence, "SignedData");
  const version = smallIntegerOf(await next(reader, frame, "version"));
  if (!VERSIONS.has(version)) throw new Malformed(`SignedData is of the unknown version ${version}`);
  const digestAlgorithms = readDigestAlgorithms(await next(reader, frame, "digestAlgorithms"));
  const content = await readContent(reader, frame, begin(digestAlgorithms));
  const rest: Value[] = [];
  for (let header = await reader.peek(frame); header !== undefined; header = await reader.peek(frame)) {
    if (rest.length === 3) throw new Malformed("SignedData has more fields than it may have");
    rest.push(await reader.whole(header));
  }
  for (const open of [frame, explicit, info]) await reader.leave(open);
  await reader.finish();
  return { signedData: { digestAlgorithms, ...content, ...readRest(rest) }, attached: content.attached };
}

/** Takes the next value, which must be there. */
async function next(reader: Reader, frame: Frame, name: string): Promise<Value> {
  const header = await reader.peek(frame);
  if (header === undefined) throw new Malformed(`SignedData has no ${name} where it should be`);
  return reader.whole(header);
}

/**
 * EncapsulatedContentInfo. PKCS #7 1.5 allowed content that is no OCTET STRING, which Authenticode has, a SEQUENCE: then its
 * contents without identifier and length are signed (RFC 5652, section 5.2.1).
 */
async function readContent(
  reader: Reader,
  frame: Frame,
  sink: ContentSink,
): Promise<{ readonly contentType: string; readonly attached: boolean }> {
  const encap = await reader.enter(frame, TAG.sequence, "encapContentInfo");
  const contentType = oidOf(await next(reader, encap, "eContentType"));
  const attached = (await reader.peek(encap)) !== undefined;
  if (attached) {
    const explicit = await reader.enter(encap, EXPLICIT, "eContent");
    const header = await reader.peek(explicit);
    if (header === undefined) throw new Malformed("eContent is empty");
    const isOctets = header.tag === TAG.octetString || header.tag === TAG.constructedOctetString;
    if (isOctets) await readOctets(reader, header, sink);
    else if (header.tag === TAG.sequence && contentType !== CONTENT_TYPES.data)
      await sink((await reader.whole(header)).content);
    else throw new Malformed("the content is no OCTET STRING");
    await reader.leave(explicit);
  }
  await reader.leave(encap);
  return { contentType, attached };
}

function readRest(rest: readonly Value[]): Pick<SignedData, "certificates" | "crls" | "signers"> {
  const [certificates, crls] = [0, 1].map((number) =>
    rest.find(({ tag }) => tag === context(number, "constructed")),
  );
  const signers = rest.at(-1);
  const count = 1 + Number(certificates !== undefined) + Number(crls !== undefined);
  const isInOrder = crls === undefined || certificates === undefined || rest[0] === certificates;
  if (signers === undefined || rest.length !== count || !isInOrder)
    throw new Malformed("SignedData has no signerInfos where they should be");
  return {
    certificates: readSequences(certificates),
    crls: readSequences(crls),
    signers: readSigners(signers),
  };
}
