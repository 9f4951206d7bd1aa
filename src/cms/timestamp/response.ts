import * as pkijs from "pkijs";
import { Undecodable } from "../../api/decode.js";
import { oneLine } from "../../api/transport/problem.js";
import type { ApiAnswer } from "../../api/transport/request.js";
import { header } from "../../api/transport/request.js";
import type { Bytes } from "../../base/bytes.js";
import { exactCopy } from "../../base/bytes.js";
import { TAGS } from "../asn1/der.js";
import type { Element } from "../asn1/element.js";
import { childrenOf, MalformedAsn1, readElement } from "../asn1/element.js";

/** The content type of an answer (RFC 3161, section 3.4). */
export const REPLY_TYPE = "application/timestamp-reply";

/** What an authority answered: a token that has not been looked into, or why there is none. */
export type TimestampReply =
  | { readonly token: Bytes }
  | {
      readonly refusal: string;
      /** Whether the authority says that it cannot for the moment. */
      readonly transient: boolean;
    };

/** Bits of PKIFailureInfo (RFC 3161, section 2.4.2). */
const FAILURES: ReadonlyMap<number, string> = new Map([
  [0, "badAlg"],
  [2, "badRequest"],
  [5, "badDataFormat"],
  [14, "timeNotAvailable"],
  [15, "unacceptedPolicy"],
  [16, "unacceptedExtension"],
  [17, "addInfoNotAvailable"],
  [25, "systemFailure"],
]);

/** Bits that pass. */
const PASSING: ReadonlySet<string> = new Set(["timeNotAvailable", "systemFailure"]);

/** PKIStatus, by its number. */
const STATUSES = [
  "granted",
  "grantedWithMods",
  "rejection",
  "waiting",
  "revocationWarning",
  "revocationNotification",
] as const;

const LONGEST_STATUS_BYTES = 8192;

/**
 * Reads a `TimeStampResp` (RFC 3161, section 2.4.2). The token's bytes stay as they came.
 *
 * @param redact - takes credentials out of the authority's words
 * @throws {Undecodable}
 */
export function readReply({ headers, body }: ApiAnswer, redact: (text: string) => string): TimestampReply {
  const [type = ""] = (header(headers, "content-type") ?? "").split(";", 1);
  if (type.trim().toLowerCase() !== REPLY_TYPE) {
    const named = JSON.stringify(redact(type.trim()).slice(0, 60));
    throw new Undecodable(`its content type is ${named}, not ${REPLY_TYPE}`);
  }
  return asn1("TimeStampResp", () => readResponse(exactCopy(body), redact));
}

/** Reads ASN.1 of an authority. What goes wrong in pkijs and asn1js is of many kinds. */
export function asn1<T>(what: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (error instanceof Undecodable) throw error;
    const reason = error instanceof MalformedAsn1 ? `: ${error.message}` : "";
    throw new Undecodable(`its ${what} cannot be read${reason}`);
  }
}

function readResponse(body: Bytes, redact: (text: string) => string): TimestampReply {
  const whole = readElement(body);
  if (whole.tag !== TAGS.sequence) throw new MalformedAsn1("it is no SEQUENCE");
  const [statusInfo, token, ...more] = childrenOf(whole);
  if (statusInfo === undefined || more.length > 0) throw new MalformedAsn1("it has other fields");
  const { name, failures, words } = readStatus(statusInfo, redact);
  if (name === "granted" || name === "grantedWithMods") {
    if (token === undefined) throw new Undecodable("a timestamp is granted, but there is none");
    return { token: exactCopy(token.bytes) };
  }
  const reasons = [failures.join(", "), words].filter((reason) => reason !== "").join(": ");
  return {
    refusal: `${name}${reasons === "" ? "" : ` (${reasons})`}`,
    transient: name === "waiting" || failures.some((failure) => PASSING.has(failure)),
  };
}

function readStatus(
  { bytes }: Element,
  redact: (text: string) => string,
): {
  readonly name: string;
  readonly failures: readonly string[];
  readonly words: string;
} {
  if (bytes.length > LONGEST_STATUS_BYTES) throw new MalformedAsn1("its status is too long");
  const { status, statusStrings = [], failInfo } = pkijs.PKIStatusInfo.fromBER(bytes);
  const bits = failInfo?.valueBlock.valueHexView ?? new Uint8Array();
  const failures: string[] = [];
  for (const [bit, name] of FAILURES) if (((bits[bit >> 3] ?? 0) >> (7 - (bit & 7))) & 1) failures.push(name);
  const words = statusStrings.map((text) => text.getValue()).join(" ");
  return { name: STATUSES[status] ?? String(status), failures, words: oneLine(redact(words)) };
}
