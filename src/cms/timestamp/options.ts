import type { CallOptions } from "../../api/transport/request.js";
import type { CertificateInput } from "../../policy/chain.js";
import type { SignPath } from "../../signpath.js";

/** A timestamp authority (RFC 3161), and how it is to be asked. What is left out is as in {@link TimestampOptions}. */
export interface TimestampAuthority {
  /** http or https; a user name and a password in it are taken as `username` and `password`. */
  readonly url: string | URL;
  /** For Basic authentication: over https, or to this machine, unless the client's `allowInsecureHttp` is set. */
  readonly username?: string | undefined;
  readonly password?: string | undefined;
  /** Object identifier of the policy that the timestamp must be under. */
  readonly policy?: string | undefined;
  /** Time limit of one attempt in milliseconds. */
  readonly requestTimeoutMs?: number | undefined;
  /** How often a request that failed in passing is tried again before the next authority is asked. */
  readonly retries?: number | undefined;
  /** At most so many requests a second from this process; a fraction spaces them further. Default: no limit. */
  readonly maxRequestsPerSecond?: number | undefined;
  /** The authorities' certificates that its own must lead to: PEM, DER or certificate objects. */
  readonly roots?: Iterable<CertificateInput> | undefined;
}

/** Who is asked for timestamps, and how. */
export interface TimestampOptions extends CallOptions {
  /** Addresses, or authorities with settings of their own. */
  readonly authorities: Iterable<string | URL | TimestampAuthority>;
  /**
   * `"sequential"` (default) asks them in their order, each one only where those before it have failed; `"spread"` begins
   * with another one at each call, the first time with any, so as to spread the load.
   */
  readonly order?: "sequential" | "spread" | undefined;
  /** Hash of what is stamped. Default: the one that the digest's length says; `"SHA-256"` where there is no digest yet. */
  readonly hash?: "SHA-256" | "SHA-384" | "SHA-512" | undefined;
  /** Object identifier of the policy that timestamps must be under. */
  readonly policy?: string | undefined;
  /** Certificates to trust; without any, a token must hold together but nobody vouches for who made it. */
  readonly roots?: Iterable<CertificateInput> | undefined;
  /** Whose proxy, TLS settings, time limits and `allowInsecureHttp` are used. Default: those of the environment. */
  readonly client?: SignPath | undefined;
  /** Time limit of one attempt in milliseconds. Default: the client's. */
  readonly requestTimeoutMs?: number | undefined;
  /** Time limit of all attempts at all authorities in milliseconds. Default: the client's. */
  readonly totalTimeoutMs?: number | undefined;
  /** How often a request that failed in passing is tried again before the next authority is asked. Default: 2. */
  readonly retries?: number | undefined;
}
