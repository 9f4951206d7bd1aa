import type { Fault } from "../../emulator/index.js";
import { usageError } from "../errors/cli-error.js";
import { visible } from "../shell/output.js";

/** The kinds of faults for the help, which must not load the emulator; the first field is the one of KIND=VALUE. */
export const FAULT_HELP = `
Faults (--fault KIND[=VALUE][,FIELD=VALUE]...; VALUE is that of the kind's first field), each for
one request, or with the fields count=N or count=inf, probability=0..1, route=signHash and so on:
  latency: ms
  latency-spike: spikeMs, spikeProbability, ms
  clock-offset: ms
  status: status, retryAfter, retryAfterDate (ms from then), body (problem|html|text|empty)
  html, silence
  redirect: location, status
  refuse: ms
  tls-failure: failure (expired|not-yet-valid|foreign-name|untrusted|alert|plain-text|reset)
  rotate-certificate: newKey, validFromMs, validToMs
  reset: when (before|headers|body|after)
  slow-body: bytesPerSecond
  oversized-body: bytes, chunked
  gzip-bomb: bytes
  truncated-body, malformed-json, gzip, wrong-case, garbage-certificate
  wrong-content-type: contentType
  missing-field: field
  extra-field: field
  foreign-echo: field (hash|algorithm|oid)
  signature-encoding: encoding (base64url|unpadded|hex|lines|garbage|null)
  other-key, other-hash, hashed-twice, flipped-bit, truncated-signature, long-signature
  empty-signature, zero-signature, reversed-signature, stripped-zeros, other-padding
  swapped-signature, der-signature, p1363-signature
  out-of-range-signature: component (r|s)
  wrong-pkcs1: encoding (other-oid|missing-null|bare-hash|trailing-bytes|encryption-block)
  wrong-pss: encoding (other-mgf1-hash|other-trailer)
  other-salt-length: saltLength
and of the timestamp authority:
  timestamp-rejection: waiting, failure (badAlg|badRequest|badDataFormat|timeNotAvailable|
                       unacceptedPolicy|unacceptedExtension|addInfoNotAvailable|systemFailure)
  wrong-timestamp: mistake (version|imprint|hash|nonce|no-nonce|policy|past|future|content-type|
                   signature|digest|no-certificate|certificate-id|no-certificate-id|expired|usage|
                   more-usages|uncritical-usage|untrusted|two-signers|no-token|garbage)
any other kind meets it with route=timestamp.`;

/** Reads what `--fault` was given, each time that it was. */
export async function readFaults(specs: readonly string[]): Promise<readonly Fault[]> {
  if (specs.length === 0) return [];
  const { assertFault } = await import("../../emulator/faults/fault-book.js");
  const { parseFault } = await import("../../emulator/faults/spec.js");
  const { FAULT_KINDS } = await import("../../emulator/faults/fields.js");
  return specs.map((spec) => {
    try {
      const fault = parseFault(spec);
      assertFault(fault);
      return fault;
    } catch (error) {
      if (!(error instanceof TypeError)) throw error;
      const kind = /^\s*([\w-]+)/.exec(spec)?.[1] ?? "";
      const fields = FAULT_KINDS.get(kind);
      throw usageError(
        `--fault ${visible(spec)} cannot be: ${visible(error.message)}`,
        fields && `Fields of ${kind}: ${[...fields, "route", "count", "probability"].join(", ")}.`,
      );
    }
  });
}
