/**
 * A problem details body (RFC 9457), as the service sends it with every 4xx status.
 * Nothing in it is guaranteed: older versions of the service answer with plain text.
 */
export interface ProblemDetails {
  /** Address of a description of the kind of problem. */
  readonly type?: string;
  /** The kind of problem, in words. */
  readonly title?: string;
  /** The HTTP status, once more. */
  readonly status?: number;
  /** What is wrong with this request. */
  readonly detail?: string;
  /** Address of this occurrence. */
  readonly instance?: string;
  /** W3C trace context of the failed request: what SignPath's support asks for. */
  readonly traceId?: string;
  /** Messages by the field that they concern; the empty name is the request as a whole. */
  readonly errors?: Readonly<Record<string, readonly string[]>>;
}
