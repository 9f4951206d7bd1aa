import { Undecodable } from "../../api/decode.js";
import type { Outside } from "../../api/transport/outside.js";
import { redactor } from "../../api/transport/outside.js";
import type { SendOptions } from "../../api/transport/request.js";
import type { Bytes } from "../../base/bytes.js";
import type { SignPathErrorCode } from "../../base/errors.js";
import { SignPathError } from "../../base/errors.js";
import type { HashAlgorithm } from "../../key/hashes.js";
import { checkInfo } from "./check-info.js";
import type { AuthorityPlan } from "./plan.js";
import { encodeRequest, newNonce } from "./request.js";
import { asn1, REPLY_TYPE, readReply } from "./response.js";
import { checkSignature } from "./signature.js";
import type { Token } from "./token.js";
import { readToken } from "./token.js";

/** A timestamp (RFC 3161) that has been checked. */
export interface Timestamp {
  /** The token: DER of a ContentInfo with SignedData. */
  readonly token: Bytes;
  /** When the authority had the digest. */
  readonly time: Date;
  /** Address of the authority that gave it, without credentials and query. */
  readonly authority: string;
  /** In hexadecimal. */
  readonly serialNumber: string;
  /** Object identifier of the authority's policy. */
  readonly policy: string;
}

/** What is to be stamped. */
export interface Imprint {
  readonly digest: Bytes;
  readonly hash: HashAlgorithm;
}

/** Tokens have some kilobytes; those with long chains and revocation lists more. */
const MOST_REPLY_BYTES = 1024 * 1024;

/**
 * Asks one authority, and checks what it gives.
 *
 * @throws {SignPathError} those of `Outside.send`; `REQUEST_REJECTED` and `SERVICE_UNAVAILABLE` for a refusal in its own
 * words; `VERIFICATION_FAILED` for a token whose signature, certificate or chain does not hold
 */
export async function ask(
  outside: Outside,
  authority: AuthorityPlan,
  imprint: Imprint,
  options: SendOptions,
): Promise<Timestamp> {
  const { url, name, credentials, policy, maxRequestsPerSecond } = authority;
  const wanted = { ...imprint, policy, nonce: newNonce() };
  const redact = redactor(credentials);
  const askedAt = Date.now();
  const { answer, attempts } = await outside.send(
    {
      what: "timestamp",
      peer: "the timestamp authority",
      stage: "timestamp",
      method: "POST",
      url,
      credentials,
      accept: REPLY_TYPE,
      contentType: "application/timestamp-query",
      body: encodeRequest(wanted),
      maxBytes: MOST_REPLY_BYTES,
      maxRequestsPerSecond,
      decode: (received) => {
        const reply = readReply(received, redact);
        if ("refusal" in reply) return { answer: reply, attempts: received.attempts };
        const token = asn1("token", () => readToken(reply.token));
        asn1("token", () => checkInfo(token.info, wanted, { askedAt, answeredAt: Date.now() }));
        return { answer: token, attempts: received.attempts };
      },
    },
    options,
  );
  if ("refusal" in answer) {
    const { refusal, transient } = answer;
    const code = transient ? "SERVICE_UNAVAILABLE" : "REQUEST_REJECTED";
    throw failure(code, name, attempts, `gave none: ${refusal}`, transient);
  }
  await check(answer, authority, attempts);
  const { genTime: time, serialNumber, policy: given } = answer.info;
  const digits = Buffer.from(serialNumber.valueBlock.valueHexView)
    .toString("hex")
    .replace(/^(?:00)+(?=..)/, "");
  return { token: answer.bytes, time, authority: name, serialNumber: digits, policy: given };
}

async function check(token: Token, { roots, name }: AuthorityPlan, attempts: number): Promise<void> {
  try {
    await checkSignature(token, roots);
  } catch (error) {
    if (!(error instanceof Undecodable)) throw error;
    const said = `gave one that cannot be used: ${error.message}`;
    throw failure("VERIFICATION_FAILED", name, attempts, said, false, error.cause);
  }
}

function failure(
  code: SignPathErrorCode,
  name: string,
  attempts: number,
  said: string,
  retryable: boolean,
  cause?: unknown,
): SignPathError {
  const details = { stage: "timestamp", attempts, retryable, cause } as const;
  return new SignPathError(code, `The timestamp authority ${name} ${said}`, details);
}
