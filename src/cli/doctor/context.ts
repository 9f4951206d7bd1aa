import type { Duplex } from "node:stream";
import type { Inspection } from "../../config/inspection.js";
import type { PolicySlugs } from "../../policy/reference.js";
import type { SigningPolicy } from "../../policy/signing-policy.js";
import type { Session } from "../../session.js";
import type { ServiceAnswer } from "./probes/service.js";
import type { Tunnel } from "./probes/tunnel.js";

/** What the checks look at. What several of them need is asked for once, when the first one needs it. */
export interface Context {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly nodeVersion: string;
  /** From where `sign` takes packages: it looks there and above, and where NODE_PATH says, not where the command runs. */
  readonly folder: string;
  /** Since 1970, by this machine's clock. */
  readonly now: () => number;
  readonly settings: Inspection;
  /** Of each step. */
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
  /** The policies that were named or, if none was, the configured one. */
  readonly wanted: readonly PolicySlugs[];
  /** Files with issuers, and the option or the variable that names them. */
  readonly issuers: { readonly place: string; readonly paths: readonly string[] };
  readonly aia: boolean;
  /** Addresses of timestamp authorities, which may hold passwords. */
  readonly authorities: readonly string[];
  readonly timestampRoots: readonly string[];
  /** What signing works with. */
  readonly session: () => Promise<Session>;
  /** Asks the proxy, which there must be, for a tunnel to the API. */
  readonly tunnel: () => Promise<Tunnel>;
  /** A connection to the API, through the proxy if there is one: for one use. */
  readonly connect: () => Promise<Duplex>;
  readonly service: () => Promise<ServiceAnswer>;
}

/** Policies that are looked into: the wanted ones that are there, or else all that can be used. */
export async function policiesToCheck(context: Context): Promise<readonly SigningPolicy[]> {
  const { policies = [] } = await context.service();
  const usable = policies.filter(({ defect }) => defect === undefined);
  if (context.wanted.length === 0) return usable;
  return usable.filter((policy) => context.wanted.some((slugs) => isCalled(policy, slugs)));
}

/** Whether the service tells upper from lower case in slugs is not documented. */
export function isCalled(policy: PolicySlugs, { projectSlug, signingPolicySlug }: PolicySlugs): boolean {
  return (
    policy.projectSlug.toLowerCase() === projectSlug.toLowerCase() &&
    policy.signingPolicySlug.toLowerCase() === signingPolicySlug.toLowerCase()
  );
}
