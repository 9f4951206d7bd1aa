import type { RouteName } from "../http/router.js";

/** Which requests meet a fault. */
export interface FaultScope {
  /** `"*"`, which is the default: every route of the API. */
  readonly route?: RouteName | "*";
  /** How many requests meet it; default 1, `Infinity` for all that come. */
  readonly count?: number;
  /** How likely a request is to meet it, from 0 to 1; default 1. */
  readonly probability?: number;
}

/** What the body of an error answer is. */
export type FaultBody = "problem" | "html" | "text" | "empty";

/** Faults before or instead of the handling of a request: nothing is signed, except after `latency`. */
export type InterceptingFault =
  /** Waits, then handles the request. The only fault that goes together with another one. */
  | { readonly kind: "latency"; readonly ms: number }
  /** Answers with that status; `retryAfter` is the header's text, seconds or a date. */
  | {
      readonly kind: "status";
      readonly status: number;
      readonly retryAfter?: string;
      readonly body?: FaultBody;
    }
  /** 200 with an HTML page. */
  | { readonly kind: "html" }
  /** Answers with a redirect; the status is 307 by default. */
  | { readonly kind: "redirect"; readonly location: string; readonly status?: 301 | 302 | 303 | 307 | 308 }
  /** Never answers, and keeps the connection open. */
  | { readonly kind: "silence" };

/** Faults on the way back: the request has been handled, and where it was one to sign, that is done. */
export type DeliveryFault =
  /** Resets the connection: before the request is handled, or in the headers, in the body or after all of it. */
  | { readonly kind: "reset"; readonly when: "before" | "headers" | "body" | "after" }
  | { readonly kind: "slow-body"; readonly bytesPerSecond: number }
  /** Promises a longer body than it sends, then closes the connection. */
  | { readonly kind: "truncated-body" }
  /** White space after the body, up to that many bytes; without `Content-Length` where `chunked`. */
  | { readonly kind: "oversized-body"; readonly bytes: number; readonly chunked?: boolean };

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
  /** Certificates in the list of policies that are none. */
  | { readonly kind: "garbage-certificate" };

/** Faults in the signature itself. They wait for a request whose signature they can spoil. */
export type SignatureFault =
  /** From another key of the same kind. */
  | { readonly kind: "other-key" }
  /** Of another hash of the same length. */
  | { readonly kind: "other-hash" }
  /** Without its last byte. */
  | { readonly kind: "truncated-signature" }
  /** As many zero bytes. */
  | { readonly kind: "zero-signature" }
  /** RSA-PSS for PKCS#1 and the reverse. */
  | { readonly kind: "other-padding" }
  /** RSA-PSS with that salt length in bytes. */
  | { readonly kind: "other-salt-length"; readonly saltLength: number }
  /** ASN.1 where `Ieee` was asked for. */
  | { readonly kind: "der-signature" };

/** Something that goes wrong on purpose. */
export type Fault = FaultScope & (InterceptingFault | DeliveryFault | AnswerFault | SignatureFault);

/** The names of the faults. */
export type FaultKind = Fault["kind"];

/** The fault of that kind. */
export type FaultOf<K extends FaultKind> = Extract<Fault, { readonly kind: K }>;
