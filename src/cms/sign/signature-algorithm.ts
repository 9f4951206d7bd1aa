import type { Bytes } from "../../base/bytes.js";
import type { AlgorithmName } from "../../key/algorithms.js";
import type { HashAlgorithm } from "../../key/hashes.js";
import type { HashName } from "../../wire/signing.js";
import { encode, TAGS } from "../asn1/der.js";
import { algorithmIdentifier, objectIdentifier } from "../asn1/object-identifier.js";

/** `NULL`: the parameters that RFC 4055, section 5, asks for. */
const NULL = Uint8Array.of(0x05, 0x00);

const RSASSA_PSS = "1.2.840.113549.1.1.10";
const MGF1 = "1.2.840.113549.1.1.8";

/** `rsaEncryption` (RFC 2315, section 9.2; RFC 8017, appendix C). */
const RSA = "1.2.840.113549.1.1.1";

/** Of RFC 4055, section 5, by hash; SHA-1 of RFC 3279, section 2.2.1. */
const RSA_ENCRYPTION: Readonly<Record<HashName, string>> = {
  "SHA-1": "1.2.840.113549.1.1.5",
  "SHA-256": "1.2.840.113549.1.1.11",
  "SHA-384": "1.2.840.113549.1.1.12",
  "SHA-512": "1.2.840.113549.1.1.13",
};

/** Of RFC 5758, section 3.2, by hash; SHA-1 of RFC 3279, section 2.2.3. */
const ECDSA: Readonly<Record<HashName, string>> = {
  "SHA-1": "1.2.840.10045.4.1",
  "SHA-256": "1.2.840.10045.4.3.2",
  "SHA-384": "1.2.840.10045.4.3.3",
  "SHA-512": "1.2.840.10045.4.3.4",
};

const IDENTIFIERS: Readonly<Record<AlgorithmName, (hash: HashAlgorithm) => Bytes>> = {
  "RSASSA-PKCS1-v1_5": ({ name }) => encode(TAGS.sequence, objectIdentifier(RSA_ENCRYPTION[name]), NULL),
  "RSA-PSS": (hash) => encode(TAGS.sequence, objectIdentifier(RSASSA_PSS), pssParameters(hash)),
  ECDSA: ({ name }) => algorithmIdentifier(ECDSA[name]),
};

/** The `AlgorithmIdentifier` of a signature, as DER. */
export function signatureAlgorithm(name: AlgorithmName, hash: HashAlgorithm): Bytes {
  return IDENTIFIERS[name](hash);
}

/**
 * The same of PKCS #7, whose `digestEncryptionAlgorithm` of PKCS#1 v1.5 names no hash (RFC 2315, section 9.2): Authenticode
 * allows nothing else.
 */
export function digestEncryptionAlgorithm(name: AlgorithmName, hash: HashAlgorithm): Bytes {
  if (name === "RSASSA-PKCS1-v1_5") return encode(TAGS.sequence, objectIdentifier(RSA), NULL);
  return signatureAlgorithm(name, hash);
}

/** The `AlgorithmIdentifier` of a hash in PKCS #7, from before parameters were left out: `NULL`. */
export function pkcs7DigestAlgorithm({ oid }: HashAlgorithm): Bytes {
  return encode(TAGS.sequence, objectIdentifier(oid), NULL);
}

/**
 * `RSASSA-PSS-params` (RFC 4055, section 3.1): MGF1 with the same hash, and a salt as long as that. With SHA-1 these are the
 * defaults, which DER leaves out.
 */
function pssParameters({ name, oid, length }: HashAlgorithm): Bytes {
  if (name === "SHA-1") return encode(TAGS.sequence);
  const hash = encode(TAGS.sequence, objectIdentifier(oid), NULL);
  return encode(
    TAGS.sequence,
    encode(TAGS.context0, hash),
    encode(TAGS.context1, encode(TAGS.sequence, objectIdentifier(MGF1), hash)),
    encode(TAGS.context2, encode(TAGS.integer, Uint8Array.of(length))),
  );
}
