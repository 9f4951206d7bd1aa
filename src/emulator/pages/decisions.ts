import { refusalOf } from "../accounts/rights.js";
import type { EmulatorPolicy } from "../catalogue.js";
import { rotationOf } from "../faults/effects/identities.js";
import type { Exchange } from "../http/exchange.js";
import type { Reply } from "../http/reply.js";
import type { Verdict } from "../ledger/ledger.js";
import { fieldOf, returnPath } from "./form.js";
import { html } from "./html.js";
import { show } from "./layout.js";
import { withNotice } from "./notices.js";
import { policyPath } from "./policies.js";
import { policy } from "./policy.js";
import { seeOther } from "./replies.js";
import { viewerOf } from "./viewer.js";

const MAX_COMMENT = 1000;

const VERDICTS: ReadonlyMap<string, readonly [verdict: Verdict, notice: string]> = new Map([
  ["approve", ["approved", "approved"]],
  ["deny", ["denied", "denied"]],
  ["cancel", ["canceled", "canceled"]],
  ["fail", ["failed", "failed"]],
]);

/** Decides about a signing request, in the name of the user whom the page acts for. */
export function decide(exchange: Exchange, id: string, form: URLSearchParams): Reply | undefined {
  const { ledger } = exchange.service;
  const request = ledger.find(id);
  const found = VERDICTS.get(form.get("verdict") ?? "");
  if (request === undefined || found === undefined) return undefined;
  const [verdict, notice] = found;
  const viewer = viewerOf(exchange);
  const refusal = refusalOf(viewer, request, verdict);
  if (refusal !== undefined) return undecided(exchange, 403, refusal, form);
  try {
    const comment = fieldOf(form, "reason")?.slice(0, MAX_COMMENT);
    ledger.decide(id, verdict, { by: viewer.user.name, comment });
  } catch (error) {
    if (error instanceof RangeError) return undecided(exchange, 409, error.message, form);
    throw error;
  }
  return seeOther(withNotice(returnPath(form), notice));
}

function undecided(exchange: Exchange, status: number, error: string, form: URLSearchParams): Reply {
  const main = html`<h1>That was not to be</h1><p><a href="${returnPath(form)}">Go back</a></p>`;
  return show(exchange, { title: "Not decided", section: "requests", status, error, main });
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
  const { keys } = viewerOf(exchange).organization;
  const slug = found.signingPolicySlug;
  if (found.certificateType !== "X509")
    return policy(exchange, found, "The policy has no certificate to rotate.");
  const validity = VALIDITIES.get(fieldOf(form, "validity") ?? "") ?? {};
  await keys.rotate(slug, rotationOf({ newKey: form.get("newKey") !== "false", ...validity })());
  exchange.service.live.changed();
  return seeOther(withNotice(policyPath(slug), "rotated"));
}

/** Gives or takes the right to submit. */
export function setSubmitter(exchange: Exchange, found: EmulatorPolicy, form: URLSearchParams): Reply {
  const { service } = exchange;
  const { user } = viewerOf(exchange);
  service.setSubmitter(found.signingPolicySlug, form.get("submitter") === "true", user.name);
  service.live.changed();
  return seeOther(withNotice(policyPath(found.signingPolicySlug), "submitter-set"));
}
