import type { Bytes } from "../../base/bytes.js";
import { exactCopy, isBufferSource, viewOf } from "../../base/bytes.js";
import { requireList } from "../../base/options.js";
import { encode, TAGS } from "../asn1/der.js";
import { childrenOf, MalformedAsn1, readElement } from "../asn1/element.js";
import { objectIdentifier } from "../asn1/object-identifier.js";
import { REVOCATION_INFO } from "../asn1/oids.js";
import { refused } from "./refusal.js";

/** PEM text or bytes with one or more, DER, or an object with its DER in `rawData`. */
export type RevocationInput = string | Uint8Array | ArrayBuffer | { readonly rawData: ArrayBuffer };

// No dash inside, as in the pattern of certificates.
const PEM = /-----BEGIN (?:X509 CRL|OCSP RESPONSE)-----([^-]+)-----END (?:X509 CRL|OCSP RESPONSE)-----/g;

/** UTCTime and GeneralizedTime. */
const TIMES: ReadonlySet<number | undefined> = new Set([0x17, 0x18]);

/** `OCSPResponseStatus` successful (RFC 6960, section 4.2.1). */
const SUCCESSFUL = 0;

/**
 * Certificate revocation lists, each a `RevocationInfoChoice` as it is.
 *
 * @throws {SignPathError} `CONFIG_INVALID` where an input holds none
 */
export function readCrls(inputs: Iterable<RevocationInput>): Bytes[] {
  return read(inputs, "CRL", (der) => {
    const [list, algorithm, signature] = childrenOf(readElement(der));
    const [first, ...fields] = list?.tag === TAGS.sequence ? childrenOf(list) : [];
    // A version comes first or is missing; at the place of `thisUpdate` a certificate has something else.
    const thisUpdate = fields[first?.tag === TAGS.integer ? 2 : 1];
    if (!TIMES.has(thisUpdate?.tag) || algorithm?.tag !== TAGS.sequence || signature?.tag !== TAGS.bitString)
      throw new MalformedAsn1("it is no CertificateList");
    return der;
  });
}

/**
 * OCSP responses, each as `other [1] { id-ri-ocsp-response, OCSPResponse }` (RFC 5940, section 2.2).
 *
 * @throws {SignPathError} `CONFIG_INVALID` where an input holds none, or one that says nothing of a certificate
 */
export function readOcspResponses(inputs: Iterable<RevocationInput>): Bytes[] {
  return read(inputs, "OCSP response", (der) => {
    const [status, response] = childrenOf(readElement(der));
    if (status?.tag !== TAGS.enumerated) throw new MalformedAsn1("it is no OCSPResponse");
    if (status.content[0] !== SUCCESSFUL || response?.tag !== TAGS.context0)
      throw new MalformedAsn1("it tells of a failure");
    return encode(TAGS.context1, objectIdentifier(REVOCATION_INFO.ocspResponse), der);
  });
}

function read(inputs: Iterable<RevocationInput>, what: string, wrap: (der: Bytes) => Bytes): Bytes[] {
  requireList(`${what}s`, inputs);
  const list = typeof inputs === "string" ? [inputs] : [...inputs];
  return list.flatMap((input, index) => {
    const message = `${what} ${index + 1} of those given cannot be read: it must be PEM or DER`;
    try {
      const found = encodings(input).map(wrap);
      if (found.length > 0) return found;
    } catch (cause) {
      throw refused("CONFIG_INVALID", message, cause);
    }
    throw refused("CONFIG_INVALID", message);
  });
}

function encodings(input: RevocationInput): Bytes[] {
  if (typeof input === "string")
    return [...input.matchAll(PEM)].map(([, text = ""]) => exactCopy(Buffer.from(text, "base64")));
  const bytes = viewOf(isBufferSource(input) ? input : input.rawData);
  const isText = bytes[0] !== TAGS.sequence;
  return isText ? encodings(Buffer.from(bytes).toString("latin1")) : [exactCopy(bytes)];
}
