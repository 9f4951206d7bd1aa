import type { Credentials } from "../../api/transport/outside.js";
import { isSignal } from "../../base/abort.js";
import type { Bytes } from "../../base/bytes.js";
import { isSignPathError, messageOf, SignPathError } from "../../base/errors.js";
import { requireOptions } from "../../base/options.js";
import type { RetryConfig } from "../../config/config.js";
import { count, milliseconds, Unreadable } from "../../config/readers.js";
import type { HashAlgorithm } from "../../key/hashes.js";
import { HASH_ALGORITHMS } from "../../key/hashes.js";
import type { CertificateInput } from "../../policy/chain.js";
import { readCertificates } from "../../policy/chain.js";
import type { HashName } from "../../wire/signing.js";
import { isObjectIdentifier } from "../asn1/object-identifier.js";
import type { TimestampAuthority, TimestampOptions } from "./options.js";

/** One authority, checked. */
export interface AuthorityPlan {
  /** Without credentials. */
  readonly url: URL;
  /** For people: the address without credentials and query. */
  readonly name: string;
  readonly credentials: Credentials | undefined;
  readonly policy: string | undefined;
  readonly limits: Partial<RetryConfig>;
  readonly maxRequestsPerSecond: number | undefined;
  /** DER; `undefined`: trust is not asked for. */
  readonly roots: readonly Bytes[] | undefined;
}

/** The options with their defaults, checked. */
export interface TimestampPlan {
  readonly authorities: readonly AuthorityPlan[];
  readonly order: "sequential" | "spread";
  readonly hash: HashAlgorithm | undefined;
  readonly totalTimeoutMs: number | undefined;
  readonly signal: AbortSignal | undefined;
}

const HASH_CHOICES: readonly HashName[] = ["SHA-256", "SHA-384", "SHA-512"];

/** Enough to ride out a moment's trouble, and few enough that the next authority has its turn. */
const DEFAULT_RETRIES = 2;

const MOST_AUTHORITIES = 100;
const [SLOWEST, FASTEST] = [1 / 86_400, 100_000];

/**
 * @throws {SignPathError} `CONFIG_INVALID`; no address is quoted, as it may hold a password
 * @throws {TypeError} for options or a signal that are none
 */
export function planOf(options: TimestampOptions): TimestampPlan {
  requireOptions(options);
  const { authorities, order = "sequential", hash, totalTimeoutMs, signal } = options;
  if (!isSignal(signal)) throw new TypeError("signal must be an AbortSignal");
  const given = listOf(authorities);
  if (given.length === 0) throw invalid("no authority is given");
  if (given.length > MOST_AUTHORITIES) throw invalid(`there are more than ${MOST_AUTHORITIES} authorities`);
  if (order !== "sequential" && order !== "spread") throw invalid('order must be "sequential" or "spread"');
  return {
    authorities: given.map((each, index) =>
      authorityOf(each, options, given.length === 1 ? "the authority" : `authority ${index + 1}`),
    ),
    order,
    hash: hash === undefined ? undefined : hashOf(hash),
    totalTimeoutMs: read("totalTimeoutMs", totalTimeoutMs, milliseconds(1)),
    signal: signal ?? undefined,
  };
}

function listOf(
  authorities: TimestampOptions["authorities"],
): readonly (string | URL | TimestampAuthority)[] {
  const isOne = typeof authorities === "string" || authorities instanceof URL;
  if (isOne) return [authorities];
  const isList = typeof authorities === "object" && authorities !== null && Symbol.iterator in authorities;
  if (!isList) throw invalid("authorities must be a list");
  return [...authorities];
}

function authorityOf(
  given: string | URL | TimestampAuthority,
  defaults: TimestampOptions,
  what: string,
): AuthorityPlan {
  const isAddress = typeof given === "string" || given instanceof URL;
  if ((typeof given !== "object" || given === null) && !isAddress)
    throw invalid(`${what} must be an address or an object`);
  const own: TimestampAuthority = isAddress ? { url: given } : given;
  const { url, credentials } = addressOf(own, what);
  const policy = own.policy ?? defaults.policy;
  if (policy !== undefined && !isObjectIdentifier(policy))
    throw invalid(`the policy of ${what} is not a dotted object identifier`);
  const requestTimeoutMs = read(
    "requestTimeoutMs",
    own.requestTimeoutMs ?? defaults.requestTimeoutMs,
    milliseconds(1),
  );
  const retries = read("retries", own.retries ?? defaults.retries, count(0, 1000));
  return {
    url,
    name: url.origin + url.pathname,
    credentials,
    policy,
    limits: {
      maxRetries: retries ?? DEFAULT_RETRIES,
      ...(requestTimeoutMs !== undefined && { requestTimeoutMs }),
    },
    maxRequestsPerSecond: rateOf(own.maxRequestsPerSecond, what),
    roots: rootsOf(own.roots ?? defaults.roots),
  };
}

function addressOf(
  { url: given, username, password }: TimestampAuthority,
  what: string,
): { readonly url: URL; readonly credentials: Credentials | undefined } {
  const text = given instanceof URL ? given.href : given;
  const url = typeof text === "string" && URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol))
    throw invalid(`the address of ${what} must be http:// or https://`);
  const name = username ?? decoded(url.username, what);
  const secret = password ?? decoded(url.password, what);
  if (typeof name !== "string" || typeof secret !== "string")
    throw invalid(`user name and password of ${what} must be text`);
  url.username = "";
  url.password = "";
  url.hash = "";
  return {
    url,
    credentials: name === "" && secret === "" ? undefined : { username: name, password: secret },
  };
}

function decoded(text: string, what: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw invalid(`user name or password in the address of ${what} is not percent-encoded`);
  }
}

function rateOf(given: unknown, what: string): number | undefined {
  if (given === undefined) return undefined;
  if (typeof given === "number" && given >= SLOWEST && given <= FASTEST) return given;
  throw invalid(`maxRequestsPerSecond of ${what} must be a number from one a day to ${FASTEST}`);
}

function rootsOf(roots: Iterable<CertificateInput> | undefined): Bytes[] | undefined {
  if (roots === undefined) return undefined;
  try {
    const read = readCertificates(typeof roots === "string" ? [roots] : roots);
    if (read.length > 0) return read;
  } catch (error) {
    throw isSignPathError(error) ? error : invalid("roots must be a list of certificates");
  }
  throw invalid("roots must hold a certificate: without the option, trust is not asked for");
}

function hashOf(name: HashName): HashAlgorithm {
  const hash = HASH_CHOICES.includes(name) ? HASH_ALGORITHMS.get(name) : undefined;
  if (hash !== undefined) return hash;
  throw invalid(`the hash must be one of ${HASH_CHOICES.join(", ")}`);
}

/** The hash that a digest's length tells. */
export function hashOfLength(length: number): HashAlgorithm | undefined {
  return HASH_CHOICES.map((name) => HASH_ALGORITHMS.get(name)).find((hash) => hash?.length === length);
}

function read<T>(option: string, value: unknown, reader: (value: unknown) => T): T | undefined {
  try {
    return value === undefined ? undefined : reader(value);
  } catch (error) {
    throw invalid(`${option} ${error instanceof Unreadable ? error.message : messageOf(error)}`);
  }
}

function invalid(reason: string): SignPathError {
  return new SignPathError("CONFIG_INVALID", `timestamps cannot be asked for: ${reason}`, {
    stage: "timestamp",
  });
}
