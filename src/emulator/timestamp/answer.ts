import * as asn1js from "asn1js";
import * as pkijs from "pkijs";
import type { TimestampIdentities } from "./identities.js";
import type { TimestampTrouble } from "./mistakes.js";
import { FAILURE_BITS } from "./mistakes.js";
import { readRequest, TimestampRefusal } from "./reading.js";
import { makeToken } from "./token.js";

const STATUS = { granted: 0, rejection: 2, waiting: 3 } as const;

/** Answers a `TimeStampReq` with a `TimeStampResp` (RFC 3161, section 2.4); both DER. */
export async function answerRequest(
  body: Buffer,
  identities: TimestampIdentities,
  now: Date,
  trouble: TimestampTrouble | undefined,
): Promise<Buffer> {
  try {
    const order = readRequest(body);
    if (trouble !== undefined && "refuse" in trouble)
      return refusal(new TimestampRefusal(trouble.refuse, "This is a fault on demand."), trouble.waiting);
    const mistake = trouble?.mistake;
    if (mistake === "garbage") return Buffer.from("this is no timestamp");
    const status = new pkijs.PKIStatusInfo({ status: STATUS.granted });
    if (mistake === "no-token") return encoded(new pkijs.TimeStampResp({ status }));
    const identity = await identities.spoilt(mistake);
    const timeStampToken = makeToken(order, identity, now, mistake);
    return encoded(new pkijs.TimeStampResp({ status, timeStampToken }));
  } catch (error) {
    if (error instanceof TimestampRefusal) return refusal(error, false);
    throw error;
  }
}

function refusal({ failure, message }: TimestampRefusal, waiting: boolean): Buffer {
  const bit = FAILURE_BITS[failure];
  // Named bits have no zeros at their end (X.690, section 11.2.2).
  const bits = new Uint8Array((bit >> 3) + 1);
  bits[bit >> 3] = 0x80 >> (bit & 7);
  const status = new pkijs.PKIStatusInfo({
    status: waiting ? STATUS.waiting : STATUS.rejection,
    statusStrings: [new asn1js.Utf8String({ value: message })],
    failInfo: new asn1js.BitString({ valueHex: bits.buffer, unusedBits: 7 - (bit & 7) }),
  });
  return encoded(new pkijs.TimeStampResp({ status }));
}

function encoded(response: pkijs.TimeStampResp): Buffer {
  return Buffer.from(response.toSchema().toBER());
}
