import type { HashSigningPayload } from "../../wire/signing.js";
import { fromBase64 } from "../base64.js";
import { invalid } from "../http/problem.js";
import type { Refusal } from "../http/reply.js";
import { own, parseJsonObject, unknownProperty } from "../json.js";
import type { HashAlgorithm } from "../keys/hash-algorithms.js";
import { ECDSA_HASH_LENGTHS, hashAlgorithm } from "../keys/hash-algorithms.js";
import type { SigningOrder } from "../keys/signing-key.js";

/** The service's words for a payload that it cannot make sense of. */
const INVALID_FORMAT = "The file has an invalid format.";
const HASH_MISMATCH = "The hash algorithm does not match the given hash.";
const NOT_BASE64 = "The hash is not valid Base64.";

const PROPERTIES: ReadonlySet<string> = new Set([
  "SignatureAlgorithm",
  "RsaHashAlgorithm",
  "EcdsaSignatureFormat",
  "Base64EncodedHash",
  "Metadata",
]);

/** What a client asks to be signed, and what it gets back beside the signature. */
export interface HashSigningData {
  readonly order: SigningOrder;
  readonly metadata: unknown;
  /** The payload's properties in the order in which the service repeats them. */
  readonly echo: HashSigningPayload;
}

/**
 * Reads `payload.json`. Its properties are taken in the documented case only, and unknown ones are refused:
 * what the service makes of others is not known, and a client's slip should show.
 *
 * @throws Refusal
 */
export function readPayload(bytes: Uint8Array): HashSigningData {
  const payload = parseJsonObject(bytes);
  if (payload === undefined || unknownProperty(payload, PROPERTIES) !== undefined) throw invalidFormat();
  const encoded = own(payload, "Base64EncodedHash");
  if (typeof encoded !== "string") throw invalidFormat();
  const algorithm = own(payload, "SignatureAlgorithm");
  const oid = own(payload, "RsaHashAlgorithm");
  const format = own(payload, "EcdsaSignatureFormat");
  const metadata = own(payload, "Metadata");
  const echoedMetadata = Object.hasOwn(payload, "Metadata") && { Metadata: metadata };
  if (algorithm === "RsaPkcs1" || algorithm === "RsaPss") {
    if (typeof oid !== "string" || format !== undefined) throw invalidFormat();
    return {
      order: { algorithm, ...rsaHash("", encoded, hashAlgorithm(oid), oid) },
      metadata,
      echo: {
        Base64EncodedHash: encoded,
        SignatureAlgorithm: algorithm,
        RsaHashAlgorithm: oid,
        ...echoedMetadata,
      },
    };
  }
  if (algorithm !== "Ecdsa" || oid !== undefined) throw invalidFormat();
  if (format !== undefined && format !== "Ieee" && format !== "Asn1") throw invalidFormat();
  return {
    order: { algorithm, format: format ?? "Ieee", hash: ecdsaHash("", encoded) },
    metadata,
    echo: {
      Base64EncodedHash: encoded,
      SignatureAlgorithm: algorithm,
      ...(format !== undefined && { EcdsaSignatureFormat: format }),
      ...echoedMetadata,
    },
  };
}

/** What a payload that has been read asks for. */
export function orderOf(payload: HashSigningPayload): SigningOrder {
  const { SignatureAlgorithm: algorithm, Base64EncodedHash, RsaHashAlgorithm = "" } = payload;
  if (algorithm === "Ecdsa") {
    return {
      algorithm,
      format: payload.EcdsaSignatureFormat ?? "Ieee",
      hash: ecdsaHash("", Base64EncodedHash),
    };
  }
  const hash = rsaHash("", Base64EncodedHash, hashAlgorithm(RsaHashAlgorithm), RsaHashAlgorithm);
  return { algorithm, ...hash };
}

/** The hash of an RSA signature, which must be as long as its algorithm says. */
export function rsaHash(
  field: string,
  encoded: string,
  algorithm: HashAlgorithm | undefined,
  name: string,
): { hashAlgorithm: HashAlgorithm; hash: Buffer } {
  if (algorithm === undefined) throw invalid(field, `The hash algorithm '${name}' is not supported.`);
  const hash = decodeHash(field, encoded);
  if (hash.length !== algorithm.length) throw invalid(field, HASH_MISMATCH);
  return { hashAlgorithm: algorithm, hash };
}

/** The hash of an ECDSA signature, which names no algorithm but must have the length of one. */
export function ecdsaHash(field: string, encoded: string): Buffer {
  const hash = decodeHash(field, encoded);
  if (!ECDSA_HASH_LENGTHS.has(hash.length)) {
    throw invalid(field, `The hash has an invalid length: ${hash.length} bytes.`);
  }
  return hash;
}

function decodeHash(field: string, encoded: string): Buffer {
  const hash = fromBase64(encoded);
  if (hash === undefined) throw invalid(field, NOT_BASE64);
  return hash;
}

function invalidFormat(): Refusal {
  return invalid("", INVALID_FORMAT);
}
