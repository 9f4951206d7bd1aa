import * as asn1js from "asn1js";
import * as pkijs from "pkijs";
import type { SignerChoice } from "../../adapter/choice.js";
import type { Bytes } from "../../base/bytes.js";
import { viewOf } from "../../base/bytes.js";
import { requireOptions } from "../../base/options.js";
import { makeEngine } from "../../cms/engine.js";
import type { CertificateInput } from "../../policy/chain.js";
import { readCertificates } from "../../policy/chain.js";
import { requireReason } from "./revocation-reason.js";
import { certificateFor, documentSigner, refused, toSecond, withOneKey } from "./signer.js";

/** What an authority says of a certificate (RFC 6960, section 2.2). */
export type CertificateStatus =
  | { readonly status: "good" | "unknown" }
  | {
      readonly status: "revoked";
      readonly revocationDate: Date;
      /** Number of the reason (RFC 5280, section 5.3.1). */
      readonly reason?: number | undefined;
    };

/** The answer of a policy as an OCSP responder. */
export interface OcspResponseOptions extends SignerChoice {
  /** The request, as DER: each certificate that it asks about is answered, and its nonce repeated. */
  readonly request: BufferSource;
  /** Says what is so of a certificate, by its serial number in hexadecimal and its issuer as the request names it. */
  readonly statusOf: (certificate: AskedCertificate) => CertificateStatus | Promise<CertificateStatus>;
  /** The responder's certificate, for the policy's key. Default: the policy's own. */
  readonly responder?: CertificateInput | undefined;
  /** More certificates to include beside the responder's, such as its issuers. */
  readonly certificates?: Iterable<CertificateInput> | undefined;
  /** Default: now. */
  readonly producedAt?: Date | undefined;
  /** Until when the statuses hold. Default: not said. */
  readonly nextUpdate?: Date | undefined;
}

/** `CertID` of RFC 6960, section 4.1.1. */
export interface AskedCertificate {
  /** In hexadecimal, in lower case. */
  readonly serialNumber: string;
  /** Object identifier of the hash that the two others are made with. */
  readonly hashAlgorithm: string;
  readonly issuerNameHash: Uint8Array;
  readonly issuerKeyHash: Uint8Array;
}

const OCSP_BASIC = "1.3.6.1.5.5.7.48.1.1";
const OCSP_NONCE = "1.3.6.1.5.5.7.48.1.2";
const LONGEST_REQUEST_BYTES = 64 * 1024;
const MOST_CERTIFICATES = 100;

/**
 * A signed OCSP response (RFC 6960), as DER, made by pkijs.
 *
 * @returns `OCSPResponse`, DER
 * @throws {SignPathError} `CONFIG_INVALID` for a request that cannot be read, and those of `createCertificateRequest`
 */
export async function createOcspResponse(options: OcspResponseOptions): Promise<Bytes> {
  requireOptions(options);
  const producedAt = toSecond(options.producedAt ?? new Date(), "producedAt");
  const nextUpdate = options.nextUpdate && toSecond(options.nextUpdate, "nextUpdate");
  if (nextUpdate !== undefined && nextUpdate <= producedAt)
    throw refused("nextUpdate must be a date after producedAt");
  const request = readRequest(options.request);
  const asked = request.tbsRequest.requestList.map(({ reqCert }) => reqCert);
  if (asked.length === 0 || asked.length > MOST_CERTIFICATES)
    throw refused(`an OCSP request must be about 1 to ${MOST_CERTIFICATES} certificates`);
  const responses = await Promise.all(
    asked.map(async (certId) => {
      const response = new pkijs.SingleResponse({ certID: certId, thisUpdate: producedAt });
      response.certStatus = encodeStatus(await options.statusOf(describe(certId)));
      if (nextUpdate !== undefined) response.nextUpdate = nextUpdate;
      return response;
    }),
  );
  const others = readCertificates(options.certificates ?? []);
  return withOneKey(options, async () => {
    const responder = certificateFor(options, options.responder);
    const certificate = pkijs.Certificate.fromBER(responder.buffer);
    const { privateKey, hash, crypto } = await documentSigner(options);
    const basic = new pkijs.BasicOCSPResponse();
    basic.tbsResponseData.responderID = certificate.subject;
    basic.tbsResponseData.producedAt = producedAt;
    basic.tbsResponseData.responses = responses;
    const nonce = request.tbsRequest.requestExtensions?.find(({ extnID }) => extnID === OCSP_NONCE);
    if (nonce !== undefined) basic.tbsResponseData.responseExtensions = [nonce];
    basic.certs = [certificate, ...others.map((der) => pkijs.Certificate.fromBER(der.buffer))];
    await basic.sign(privateKey, hash, makeEngine(pkijs, crypto));
    return encodeResponse(basic);
  });
}

function readRequest(request: BufferSource): pkijs.OCSPRequest {
  const bytes = viewOf(request);
  if (bytes.length > LONGEST_REQUEST_BYTES) throw refused("the OCSP request is too long");
  try {
    return pkijs.OCSPRequest.fromBER(bytes as Uint8Array<ArrayBuffer>);
  } catch (cause) {
    throw refused("the OCSP request cannot be read: it must be DER", cause);
  }
}

function describe({
  serialNumber,
  hashAlgorithm,
  issuerNameHash,
  issuerKeyHash,
}: pkijs.CertID): AskedCertificate {
  return {
    serialNumber: Buffer.from(serialNumber.valueBlock.valueHexView)
      .toString("hex")
      .replace(/^(?:00)+(?=..)/, ""),
    hashAlgorithm: hashAlgorithm.algorithmId,
    issuerNameHash: issuerNameHash.valueBlock.valueHexView.slice(),
    issuerKeyHash: issuerKeyHash.valueBlock.valueHexView.slice(),
  };
}

const TAG_NUMBERS: ReadonlyMap<CertificateStatus["status"], number> = new Map([
  ["good", 0],
  ["revoked", 1],
  ["unknown", 2],
]);

/** `CertStatus`: `good [0]` and `unknown [2]` are NULL, `revoked [1]` has a time and perhaps a reason. */
function encodeStatus(given: CertificateStatus): asn1js.BaseBlock {
  const tagNumber = TAG_NUMBERS.get(given?.status);
  if (tagNumber === undefined)
    throw refused("statusOf must say that a certificate is good, revoked or unknown");
  if (given.status !== "revoked") {
    return new asn1js.Primitive({ idBlock: { tagClass: 3, tagNumber } });
  }
  const { revocationDate, reason } = given;
  requireReason(reason);
  const time = new asn1js.GeneralizedTime({ valueDate: toSecond(revocationDate, "revocationDate") });
  const reasons =
    reason === undefined
      ? []
      : [
          new asn1js.Constructed({
            idBlock: { tagClass: 3, tagNumber: 0 },
            value: [new asn1js.Enumerated({ value: reason })],
          }),
        ];
  return new asn1js.Constructed({ idBlock: { tagClass: 3, tagNumber }, value: [time, ...reasons] });
}

function encodeResponse(basic: pkijs.BasicOCSPResponse): Bytes {
  const response = new pkijs.OCSPResponse();
  response.responseStatus = new asn1js.Enumerated({ value: 0 });
  response.responseBytes = new pkijs.ResponseBytes({
    responseType: OCSP_BASIC,
    response: new asn1js.OctetString({ valueHex: basic.toSchema().toBER() }),
  });
  return new Uint8Array(response.toSchema().toBER());
}
