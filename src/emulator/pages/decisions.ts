import type { EmulatorPolicy } from "../catalogue.js";
import { rotationOf } from "../faults/effects/identities.js";
import type { Exchange } from "../http/exchange.js";
import { problem } from "../http/problem.js";
import type { Reply } from "../http/reply.js";
import type { Verdict } from "../submission/ledger.js";
import { fieldOf, returnPath } from "./form.js";
import { html } from "./html.js";
import { show } from "./layout.js";
import { withNotice } from "./notices.js";
import { policyPath } from "./policies.js";
import { policy } from "./policy.js";
import { seeOther } from "./replies.js";

const VERDICTS: ReadonlyMap<string, readonly [verdict: Verdict, notice: string]> = new Map([
  ["approve", ["approved", "approved"]],
  ["deny", ["Denied", "denied"]],
  ["cancel", ["Canceled", "canceled"]],
  ["fail", ["Failed", "failed"]],
]);

/** Decides about a signing request. */
export function decide(exchange: Exchange, id: string, form: URLSearchParams): Reply {
  const { ledger, live } = exchange.service;
  const found = VERDICTS.get(form.get("verdict") ?? "");
  if (found === undefined) return problem(400, "There is no such verdict.");
  const [verdict, notice] = found;
  try {
    ledger.decide(id, verdict);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    return show(exchange, {
      title: "Too late",
      section: "requests",
      status: 409,
      error: error.message,
      main: html`<h1>Somebody else was faster</h1><p><a href="${returnPath(form)}">Go back</a></p>`,
    });
  }
  live.changed();
  return seeOther(withNotice(returnPath(form), notice));
}

const VALIDITIES: ReadonlyMap<string, { readonly validFromMs: number; readonly validToMs: number }> = new Map(
  [
    ["over", { validFromMs: -2 * 86_400_000, validToMs: -86_400_000 }],
    ["later", { validFromMs: 86_400_000, validToMs: 2 * 86_400_000 }],
  ],
);

/** Gives a policy another certificate. */
export async function rotate(
  exchange: Exchange,
  found: EmulatorPolicy,
  form: URLSearchParams,
): Promise<Reply> {
  const { keys, live } = exchange.service;
  const slug = found.signingPolicySlug;
  if (found.certificateType !== "X509")
    return policy(exchange, found, "The policy has no certificate to rotate.");
  const validity = VALIDITIES.get(fieldOf(form, "validity") ?? "") ?? {};
  await keys.rotate(slug, rotationOf({ newKey: form.get("newKey") !== "false", ...validity })());
  live.changed();
  return seeOther(withNotice(policyPath(slug), "rotated"));
}

/** Gives or takes the right to submit. */
export function setSubmitter({ service }: Exchange, found: EmulatorPolicy, form: URLSearchParams): Reply {
  service.catalogue.setSubmitter(found.signingPolicySlug, form.get("submitter") === "true");
  service.live.changed();
  return seeOther(withNotice(policyPath(found.signingPolicySlug), "submitter-set"));
}
