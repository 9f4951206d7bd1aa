import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { inspectConfig } from "../../config/inspect.js";
import { CERTIFICATES_VARIABLE, certificatePathsIn } from "../../policy/issuers.js";
import type { PolicySlugs } from "../../policy/reference.js";
import { assertNoToken, resolveReference } from "../../policy/reference.js";
import type { Session } from "../../session.js";
import type { ClientFlags } from "../client.js";
import { timestampUrls } from "../sign/timestamps.js";
import type { Context } from "./context.js";
import type { ServiceAnswer } from "./probes/service.js";
import { askService } from "./probes/service.js";
import { openSocket } from "./probes/socket.js";
import { openTunnel } from "./probes/tunnel.js";
import { within } from "./probes/within.js";

/** What the command line of `signpath doctor` can say. */
export interface DoctorFlags extends ClientFlags {
  readonly certificates?: readonly string[];
  readonly timestamp?: readonly string[];
  readonly timestampRoots?: readonly string[];
  readonly aia?: boolean;
  /** In seconds. */
  readonly timeout: number;
}

/**
 * What the checks look at; nothing is asked yet. `close` ends its connections.
 *
 * @throws {SignPathError} `CONFIG_INVALID` for a policy that is no reference
 * @throws {CliError} `USAGE`
 */
export function openContext(
  policies: readonly string[],
  flags: DoctorFlags,
  env: Context["env"],
  signal: AbortSignal,
): { readonly context: Context; readonly close: () => Promise<void> } {
  const timeoutMs = flags.timeout * 1000;
  const inspection = inspectConfig({ configFile: flags.config }, env);
  const retry = {
    ...inspection.config.retry,
    maxRetries: 0,
    requestTimeoutMs: timeoutMs,
    totalTimeoutMs: timeoutMs,
  };
  const config = Object.freeze({ ...inspection.config, retry });
  const settings = { ...inspection, config };
  const { apiUrl } = settings;
  const { proxy, tls } = config;
  let session: Promise<Session> | undefined;
  let answer: Promise<ServiceAnswer> | undefined;
  const open = async (): Promise<Session> => (await import("../../session.js")).openSession(config);
  const context: Context = {
    env,
    nodeVersion: process.versions.node,
    folder: dirname(fileURLToPath(import.meta.url)),
    now: Date.now,
    settings,
    timeoutMs,
    signal,
    wanted: wantedPolicies(policies, config),
    issuers:
      flags.certificates === undefined
        ? { place: CERTIFICATES_VARIABLE, paths: certificatePathsIn(env) }
        : { place: "--certificates", paths: flags.certificates },
    aia: flags.aia ?? false,
    authorities: timestampUrls(flags.timestamp, env),
    timestampRoots: flags.timestampRoots ?? [],
    session() {
      session ??= open();
      return session;
    },
    tunnel() {
      if (proxy === undefined) throw new TypeError("there is no proxy");
      return within(timeoutMs, signal, (ended) => openTunnel(proxy, apiUrl, tls, ended));
    },
    async connect() {
      if (proxy === undefined) return within(timeoutMs, signal, (ended) => openSocket(apiUrl, ended));
      const { status, socket } = await context.tunnel();
      if (status >= 200 && status < 300) return socket;
      socket.destroy();
      throw new Error(`the proxy refused with status ${status}`);
    },
    service() {
      answer ??= context.session().then((opened) => askService(opened, signal));
      return answer;
    },
  };
  return { context, close: async () => (await session)?.api.close() };
}

function wantedPolicies(
  references: readonly string[],
  config: Context["settings"]["config"],
): readonly PolicySlugs[] {
  const { projectSlug, signingPolicySlug, token } = config;
  for (const reference of references) assertNoToken(reference, token);
  if (references.length > 0) return references.map((each) => resolveReference(each, config));
  return projectSlug === undefined || signingPolicySlug === undefined
    ? []
    : [{ projectSlug, signingPolicySlug }];
}
