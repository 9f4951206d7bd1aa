import type { OrganizationOptions, OrganizationSettings } from "./accounts/options.js";
import { API_TOKEN, organizationsOf } from "./accounts/options.js";
import type { Fault } from "./faults/fault.js";
import type { RateLimit } from "./http/rate-limit.js";
import { ORGANIZATION_ID } from "./http/router.js";
import { isLoopback } from "./http/server.js";

/** How to start an emulator. */
export interface EmulatorOptions {
  /** Where to listen; default `127.0.0.1`. Anything but a loopback address is refused. */
  readonly host?: string;
  /** Default 0: a free one. */
  readonly port?: number;
  /** A UUID. Default: that of the state directory, or `de300000-0000-4000-8000-000000000000`. */
  readonly organizationId?: string;
  /** The bearer token. Default: that of the state directory, or a random one. It is not kept. */
  readonly apiToken?: string;
  /**
   * Organizations and their users, in place of `organizationId` and `apiToken`. Default: those of the state directory, or
   * one with a CI user who may do everything. The first user of the first organization is whose the emulator is.
   */
  readonly organizations?: readonly OrganizationOptions[];
  /**
   * What a token of another organization gets on the routes of this one; default 404. What the service answers is not
   * known.
   */
  readonly foreignOrganizationStatus?: 401 | 403 | 404;
  /**
   * A directory for the keys, the certificates, the tokens, the organizations, the rights and the audit log with what
   * waits for approval. It is made where it does not exist. Without it everything is gone when the emulator closes.
   */
  readonly state?: string;
  /** How many entries of the audit log are kept; default 100 000. */
  readonly auditLogCapacity?: number;
  /** How many users have to approve what needs an approval, from 1 to 10; default 1. */
  readonly approvalsNeeded?: number;
  /** After how many milliseconds without an approval a signing request is canceled; default: never. */
  readonly approvalExpiryMs?: number;
  /** HTTPS instead of HTTP, with a certificate of the emulator's authority; default `false`. */
  readonly tls?: boolean;
  /** How many requests a second the API takes; default: as many as come. */
  readonly rateLimit?: RateLimit;
  /** What goes wrong on purpose, from the start. */
  readonly faults?: readonly Fault[];
  /** How long a signing request that is not fast stays in progress, in milliseconds; default 50. */
  readonly processingMs?: number;
  /** A whole number that repeats the dice of faults with a probability. */
  readonly seed?: number;
}

/** The options, checked. */
export interface Settings {
  readonly host: string;
  readonly port: number;
  readonly organizationId: string | undefined;
  readonly apiToken: string | undefined;
  readonly organizations: readonly OrganizationSettings[] | undefined;
  readonly foreignOrganizationStatus: 401 | 403 | 404;
  readonly auditLogCapacity: number;
  readonly approvalsNeeded: number;
  readonly approvalExpiryMs: number | undefined;
  readonly state: string | undefined;
  readonly tls: boolean;
  readonly rateLimit: RateLimit | undefined;
  readonly faults: readonly Fault[];
  readonly processingMs: number;
  readonly seed: number | undefined;
}

/** @throws TypeError where an option is malformed */
export function settingsOf(options: EmulatorOptions): Settings {
  const { host = "127.0.0.1", port = 0, organizationId, apiToken, state, processingMs = 50, seed } = options;
  if (typeof host !== "string" || !isLoopback(host)) {
    throw new TypeError(
      `host must be a loopback address, not '${host}': an emulator is not for others to reach.`,
    );
  }
  if (!Number.isInteger(port) || port < 0 || port > 65_535) {
    throw new TypeError(`port must be from 0 to 65535, not ${port}.`);
  }
  if (organizationId !== undefined && !isText(organizationId, ORGANIZATION_ID)) {
    throw new TypeError(`organizationId must be a UUID, not '${organizationId}'.`);
  }
  if (apiToken !== undefined && !isText(apiToken, API_TOKEN)) {
    throw new TypeError("apiToken must be visible ASCII without spaces.");
  }
  if (state !== undefined && !isText(state, /./s))
    throw new TypeError("state must be the path of a directory.");
  if (!(processingMs >= 0 && Number.isFinite(processingMs))) {
    throw new TypeError(`processingMs must be from 0 on, not ${processingMs}.`);
  }
  const accounts = accountSettings(options);
  const { auditLogCapacity = 100_000, approvalsNeeded = 1, approvalExpiryMs } = options;
  whole("auditLogCapacity", auditLogCapacity, 1_000_000);
  whole("approvalsNeeded", approvalsNeeded, 10);
  if (approvalExpiryMs !== undefined && !(approvalExpiryMs > 0 && Number.isFinite(approvalExpiryMs))) {
    throw new TypeError(`approvalExpiryMs must be above 0, not ${approvalExpiryMs}.`);
  }
  const { tls = false, rateLimit, faults = [] } = options;
  if (typeof tls !== "boolean") throw new TypeError(`tls must be true or false, not ${String(tls)}.`);
  if (seed !== undefined && !Number.isSafeInteger(seed)) {
    throw new TypeError(`seed must be a whole number, not ${seed}.`);
  }
  if (!Array.isArray(faults)) throw new TypeError("faults must be an array.");
  return {
    ...{
      host,
      port,
      organizationId,
      apiToken,
      ...accounts,
      state,
      tls,
      rateLimit,
      faults,
      processingMs,
      seed,
    },
    ...{ auditLogCapacity, approvalsNeeded, approvalExpiryMs },
  };
}

function accountSettings(
  options: EmulatorOptions,
): Pick<Settings, "organizations" | "foreignOrganizationStatus"> {
  const { organizationId, apiToken, organizations, foreignOrganizationStatus = 404 } = options;
  if (organizations !== undefined && (organizationId ?? apiToken) !== undefined) {
    throw new TypeError("organizations go without organizationId and apiToken, which are of one.");
  }
  if (![401, 403, 404].includes(foreignOrganizationStatus)) {
    throw new TypeError(
      `foreignOrganizationStatus must be 401, 403 or 404, not ${foreignOrganizationStatus}.`,
    );
  }
  return {
    organizations: organizations === undefined ? undefined : organizationsOf(organizations),
    foreignOrganizationStatus,
  };
}

function whole(name: string, value: number, most: number): void {
  if (!Number.isInteger(value) || value < 1 || value > most) {
    throw new TypeError(`${name} must be a whole number from 1 to ${most}, not ${value}.`);
  }
}

/** An expression takes an array of one text for the text. */
function isText(value: unknown, form: RegExp): boolean {
  return typeof value === "string" && form.test(value);
}
