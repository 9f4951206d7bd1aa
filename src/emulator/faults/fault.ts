import type { RouteName } from "../http/router.js";
import type { TimestampFailure, TimestampMistake } from "../timestamp/mistakes.js";

/** Which requests meet a fault. */
export interface FaultScope {
  /** `"*"`, which is the default: every route of the API, or the one that only this kind is about. */
  readonly route?: RouteName | "*";
  /** How many requests meet it; default 1, `Infinity` for all that come. */
  readonly count?: number;
  /** How likely a request is to meet it, from 0 to 1; default 1. */
  readonly probability?: number;
}

/** What the body of an error answer is. */
export type FaultBody = "problem" | "html" | "text" | "empty";

/** Faults of time. Each of the three goes together with one of the others and with one of another sort. */
export type TimingFault =
  /** Waits, then handles the request. A request meets one `latency` or `latency-spike`. */
  | { readonly kind: "latency"; readonly ms: number }
  /** Waits `ms` (default 0), and `spikeMs` instead with that probability (default 0.01). */
  | {
      readonly kind: "latency-spike";
      readonly spikeMs: number;
      readonly spikeProbability?: number;
      readonly ms?: number;
    }
  /** The server's clock is that much fast, or slow where it is negative, in whatever time it writes. */
  | { readonly kind: "clock-offset"; readonly ms: number };

/** Faults before or instead of the handling of a request: nothing is signed. */
export type InterceptingFault =
  /**
   * Answers with that status. `retryAfter` is the header's text, seconds or a date; `retryAfterDate` a date that
   * many milliseconds after the server's time.
   */
  | {
      readonly kind: "status";
      readonly status: number;
      readonly retryAfter?: string;
      readonly retryAfterDate?: number;
      readonly body?: FaultBody;
    }
  /** 200 with an HTML page. */
  | { readonly kind: "html" }
  /** Answers with a redirect; the status is 307 by default. */
  | { readonly kind: "redirect"; readonly location: string; readonly status?: 301 | 302 | 303 | 307 | 308 }
  /** Never answers, and keeps the connection open. */
  | { readonly kind: "silence" }
  /** Resets every connection, that of the request too, and refuses new ones for so many milliseconds. */
  | { readonly kind: "refuse"; readonly ms: number };

/** Faults of the connection: new ones meet them, before there is a request, so that they have no route. */
export type ConnectionFault =
  /** The handshake fails. Only where the emulator was started with `tls`. */
  { readonly kind: "tls-failure"; readonly failure: TlsFailure };

/** A certificate that is over, to come, for another host or from a stranger; or no handshake at all. */
export type TlsFailure =
  | "expired"
  | "not-yet-valid"
  | "foreign-name"
  | "untrusted"
  | "alert"
  | "plain-text"
  | "reset";

/** Faults of the policy: it has changed when the request is handled. */
export type PolicyFault =
  /**
   * Another certificate, and another key unless `newKey` is `false`. It is valid from and to so many milliseconds
   * after now; before now where they are negative. It waits for a signing request that is not refused.
   */
  {
    readonly kind: "rotate-certificate";
    readonly newKey?: boolean;
    readonly validFromMs?: number;
    readonly validToMs?: number;
  };

/** Faults on the way back: the request has been handled, and where it was one to sign, that is done. */
export type DeliveryFault =
  /** Resets the connection: before the request is handled, or in the headers, in the body or after all of it. */
  | { readonly kind: "reset"; readonly when: "before" | "headers" | "body" | "after" }
  | { readonly kind: "slow-body"; readonly bytesPerSecond: number }
  /** Promises a longer body than it sends, then closes the connection. */
  | { readonly kind: "truncated-body" }
  /** White space after the body, up to that many bytes; without `Content-Length` where `chunked`. */
  | { readonly kind: "oversized-body"; readonly bytes: number; readonly chunked?: boolean }
  /** gzip, a thousandth of the answer with so many bytes of white space after it; default 1 GiB. */
  | { readonly kind: "gzip-bomb"; readonly bytes?: number };

/** Faults in what the answer says. */
export type AnswerFault =
  | { readonly kind: "malformed-json" }
  /** `Content-Encoding: gzip`, asked for or not. */
  | { readonly kind: "gzip" }
  /** The right body under another type; default `text/plain`. */
  | { readonly kind: "wrong-content-type"; readonly contentType?: string }
  /** Every property begins with a letter of the other case. */
  | { readonly kind: "wrong-case" }
  /** Leaves out every property of that name (in any case, at any depth). */
  | { readonly kind: "missing-field"; readonly field: string }
  /** Adds a property to every object; default `unexpectedField`. */
  | { readonly kind: "extra-field"; readonly field?: string }
  /** Repeats another hash, signature algorithm or hash algorithm than was sent; the signature is right. */
  | { readonly kind: "foreign-echo"; readonly field: "hash" | "algorithm" | "oid" }
  /** The right signature, but not in standard Base64. It waits for an answer where that is a difference. */
  | { readonly kind: "signature-encoding"; readonly encoding: SignatureEncoding }
  /** Certificates in the list of policies that are none. */
  | { readonly kind: "garbage-certificate" };

/** How a signature can be written; `garbage` is no Base64 of any sort, `null` JSON's. */
export type SignatureEncoding = "base64url" | "unpadded" | "hex" | "lines" | "garbage" | "null";

/** Faults in the signature itself. They wait for a request whose signature they can spoil. */
export type SignatureFault =
  /** From another key of the same kind. */
  | { readonly kind: "other-key" }
  /** Of another hash of the same length. */
  | { readonly kind: "other-hash" }
  /** Of the hash of the hash, as where data are taken for what is to be hashed. */
  | { readonly kind: "hashed-twice" }
  /** With its last bit the other way round. */
  | { readonly kind: "flipped-bit" }
  /** Without its last byte. */
  | { readonly kind: "truncated-signature" }
  /** With a zero byte more. */
  | { readonly kind: "long-signature" }
  | { readonly kind: "empty-signature" }
  /** As many zero bytes. */
  | { readonly kind: "zero-signature" }
  /** Little-endian. */
  | { readonly kind: "reversed-signature" }
  /** Without the zero bytes that an integer begins with. It waits for a hash whose RSA PKCS#1 signature has some. */
  | { readonly kind: "stripped-zeros" }
  /**
   * Right modulo the RSA modulus or the curve's order, but not below it; the modulus or order itself where there is
   * no room for that. `component` is the integer of an ECDSA signature, default `s`.
   */
  | { readonly kind: "out-of-range-signature"; readonly component?: "r" | "s" }
  /** RSA-PSS for PKCS#1 and the reverse. */
  | { readonly kind: "other-padding" }
  /** RSA PKCS#1 v1.5 around another encoding than RFC 8017 has. */
  | { readonly kind: "wrong-pkcs1"; readonly encoding: Pkcs1Mistake }
  /** RSA-PSS around another encoding than RFC 8017 has. */
  | { readonly kind: "wrong-pss"; readonly encoding: PssMistake }
  /** RSA-PSS with that salt length in bytes. */
  | { readonly kind: "other-salt-length"; readonly saltLength: number }
  /** ECDSA: s before r. */
  | { readonly kind: "swapped-signature" }
  /** ASN.1 where `Ieee` was asked for. */
  | { readonly kind: "der-signature" }
  /** IEEE P1363 where `Asn1` was asked for. */
  | { readonly kind: "p1363-signature" };

/**
 * A DigestInfo that names another hash, that lacks the NULL or is left out, bytes after it, or the padding that is
 * for encryption.
 */
export type Pkcs1Mistake = "other-oid" | "missing-null" | "bare-hash" | "trailing-bytes" | "encryption-block";

/** MGF1 with another hash, or another last byte than 0xbc. */
export type PssMistake = "other-mgf1-hash" | "other-trailer";

/** Faults of the timestamp authority, which meet requests for timestamps alone. */
export type TimestampFault =
  /** Refuses with that failure, default `badRequest`; `waiting` puts off for ever. */
  | {
      readonly kind: "timestamp-rejection";
      readonly failure?: TimestampFailure;
      readonly waiting?: boolean;
    }
  /** A timestamp with that mistake in it. */
  | { readonly kind: "wrong-timestamp"; readonly mistake: TimestampMistake };

/** Something that goes wrong on purpose. */
export type Fault = FaultScope &
  (
    | TimingFault
    | InterceptingFault
    | ConnectionFault
    | PolicyFault
    | DeliveryFault
    | AnswerFault
    | SignatureFault
    | TimestampFault
  );

/** The names of the faults. */
export type FaultKind = Fault["kind"];

/** The fault of that kind. */
export type FaultOf<K extends FaultKind> = Extract<Fault, { readonly kind: K }>;
