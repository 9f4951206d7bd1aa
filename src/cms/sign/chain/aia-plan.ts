import { contradiction } from "../refusal.js";

/** Limits of what is fetched by the addresses in certificates. */
export interface AiaOptions {
  /** The longest answer that is read, in bytes. Default: 65 536. */
  readonly maxBytes?: number | undefined;
  /** Time limit of one address with its retries, in milliseconds. Default: 10 000. */
  readonly timeoutMs?: number | undefined;
  /** The most answers that are fetched for one signer. Default: 8. */
  readonly maxCertificates?: number | undefined;
  /**
   * The only origins that are asked, as `"http://ca.example"`. Default: any whose host has none but public addresses; one
   * that is listed may be private, too.
   */
  readonly origins?: Iterable<string | URL> | undefined;
}

/** The limits with their defaults, checked. */
export interface AiaPlan {
  readonly maxBytes: number;
  readonly timeoutMs: number;
  readonly maxCertificates: number;
  readonly origins: ReadonlySet<string> | undefined;
}

/**
 * @returns `undefined` where nothing is to be fetched
 * @throws {SignPathError} `CONFIG_INVALID`
 */
export function aiaPlanOf(aia: unknown): AiaPlan | undefined {
  if (aia === undefined || aia === false) return undefined;
  if (aia !== true && (typeof aia !== "object" || aia === null))
    throw contradiction("aia must be true, false or an object with limits");
  const { maxBytes, timeoutMs, maxCertificates, origins }: AiaOptions = aia === true ? {} : aia;
  return {
    maxBytes: whole("maxBytes", maxBytes ?? 64 * 1024, 16 * 1024 * 1024),
    timeoutMs: whole("timeoutMs", timeoutMs ?? 10_000, 600_000),
    maxCertificates: whole("maxCertificates", maxCertificates ?? 8, 64),
    origins: origins && new Set([...origins].map(originOf)),
  };
}

function whole(name: string, value: unknown, most: number): number {
  if (typeof value === "number" && Number.isInteger(value) && value >= 1 && value <= most) return value;
  throw contradiction(`aia.${name} must be a whole number from 1 to ${most}`);
}

function originOf(given: string | URL): string {
  const text = String(given);
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url !== undefined && /^https?:$/.test(url.protocol)) return url.origin;
  throw contradiction("aia.origins must be http:// or https:// addresses");
}
