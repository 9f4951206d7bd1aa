import { randomBytes } from "node:crypto";
import * as asn1js from "asn1js";
import * as pkijs from "pkijs";
import type { Bytes } from "../../base/bytes.js";
import { exactCopy } from "../../base/bytes.js";
import type { HashAlgorithm } from "../../key/hashes.js";

/** What an authority is asked for. */
export interface Wanted {
  readonly digest: Bytes;
  readonly hash: HashAlgorithm;
  /** Object identifier. */
  readonly policy: string | undefined;
  /** The contents of an INTEGER. */
  readonly nonce: Bytes;
}

/** Bytes of a nonce. Some authorities take no longer ones. */
const NONCE_BYTES = 8;

/** A random nonce whose DER is as long each time: positive, and without a leading zero. */
export function newNonce(): Bytes {
  const nonce = exactCopy(randomBytes(NONCE_BYTES));
  nonce[0] = ((nonce[0] ?? 0) & 0x3f) | 0x40;
  return nonce;
}

/** `TimeStampReq` (RFC 3161, section 2.4.1) with a request for the authority's certificate, as DER. */
export function encodeRequest({ digest, hash, policy, nonce }: Wanted): Buffer {
  const request = new pkijs.TimeStampReq({
    version: 1,
    messageImprint: new pkijs.MessageImprint({
      // With NULL: that is what authorities have always been sent, and not all of them take it left out.
      hashAlgorithm: new pkijs.AlgorithmIdentifier({
        algorithmId: hash.oid,
        algorithmParams: new asn1js.Null(),
      }),
      hashedMessage: new asn1js.OctetString({ valueHex: digest }),
    }),
    nonce: new asn1js.Integer({ valueHex: nonce }),
    certReq: true,
    ...(policy !== undefined && { reqPolicy: policy }),
  });
  return Buffer.from(request.toSchema().toBER());
}
