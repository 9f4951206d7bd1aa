import type { Bytes } from "../../../base/bytes.js";
import { messageOf } from "../../../base/errors.js";
import { buildChain, isSelfSigned } from "../../../policy/chain.js";
import type { SigningPolicy } from "../../../policy/signing-policy.js";
import type { Context } from "../context.js";

/** A chain that is longer is not followed. */
const MOST_STEPS = 8;

/** What the addresses in certificates are, and what was got there. */
export interface FetchedIssuers {
  readonly addresses: readonly string[];
  readonly certificates: readonly Bytes[];
  readonly failures: readonly string[];
}

/** The addresses where the issuers that are missing can be had (RFC 5280, section 4.2.2.1); asked only if that is wanted. */
export async function issuersByAddress(
  context: Context,
  policies: readonly SigningPolicy[],
  given: readonly Bytes[],
): Promise<FetchedIssuers> {
  const { issuerAddresses, fetchIssuers } = await import("../../../cms/sign/chain/aia.js");
  const { aiaPlanOf } = await import("../../../cms/sign/chain/aia-plan.js");
  const plan = aiaPlanOf({ timeoutMs: context.timeoutMs });
  const certificates: Bytes[] = [];
  const addresses = new Set<string>();
  const failures: string[] = [];
  for (const { certificateDer } of policies) {
    for (let step = 0; step < MOST_STEPS; step++) {
      const chain = buildChain(certificateDer, [...given, ...certificates]);
      const last = chain.at(-1) ?? certificateDer;
      if (isSelfSigned(last)) break;
      const fresh = issuerAddresses(last).filter(({ href }) => !addresses.has(href));
      for (const { href } of fresh) addresses.add(href);
      if (!context.aia || plan === undefined || fresh.length === 0) break;
      const { api } = await context.session();
      for (const url of fresh) {
        try {
          certificates.push(...(await fetchIssuers(url, plan, api, context.signal)));
        } catch (error) {
          if (context.signal.aborted) throw error;
          failures.push(messageOf(error));
        }
      }
    }
  }
  return { addresses: [...addresses], certificates, failures };
}
