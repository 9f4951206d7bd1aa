import { randomBytes } from "node:crypto";
import type { Outside } from "../../../api/transport/outside.js";
import { isSignPathError } from "../../../base/errors.js";
import type { TimestampPlan } from "../../../cms/timestamp/plan.js";
import { isTimestampError } from "../../../cms/timestamp/timestamp-error.js";
import { readCertificateFiles } from "../../certificates/certificate-files.js";
import type { Context } from "../context.js";
import type { Finding } from "../finding.js";
import { failure, failureOf, ok, skipped, warning } from "../finding.js";

/** Asks each timestamp authority for a timestamp of random bytes, which costs no signature, and checks it as signing does. */
export async function checkTimestamp(context: Context): Promise<Finding[]> {
  const { authorities } = context;
  if (authorities.length === 0)
    return [
      skipped("NOT_CONFIGURED", "no timestamp authority is set (SIGNPATH_TIMESTAMP_URLS, --timestamp)"),
    ];
  // Whoever is asked reads the address.
  const { clean, config } = context.settings;
  if (authorities.some((url) => clean(url) !== url || config.token.isInAddress(url))) {
    const found = "the address of a timestamp authority holds the API token, and is not asked";
    return [failure("CONFIG_INVALID", found, "Take the token out of it.")];
  }
  const { planOf } = await import("../../../cms/timestamp/plan.js");
  const { Outside } = await import("../../../api/transport/outside.js");
  let plan: TimestampPlan;
  try {
    const roots = await readCertificateFiles("--timestamp-roots", context.timestampRoots);
    plan = planOf({
      authorities,
      retries: 0,
      totalTimeoutMs: context.timeoutMs,
      ...(roots.length > 0 && { roots }),
    });
  } catch (error) {
    return [failureOf(error)];
  }
  const outside = new Outside(config, config.token);
  try {
    return demote(await Promise.all(plan.authorities.map((each) => ask(outside, plan, each, context))));
  } finally {
    if (!context.signal.aborted) await outside.close();
  }
}

async function ask(
  outside: Outside,
  plan: TimestampPlan,
  authority: TimestampPlan["authorities"][number],
  { signal }: Context,
): Promise<Finding> {
  const { obtain } = await import("../../../cms/timestamp/obtain.js");
  const { imprintOf } = await import("../../../cms/timestamp/stamper.js");
  const { name, roots } = authority;
  const details = { authority: name };
  try {
    const one = { ...plan, authorities: [authority], signal };
    const { time, serialNumber, policy } = await obtain(outside, one, imprintOf(randomBytes(32), plan));
    const trust =
      roots === undefined
        ? "; whose it is is not checked without --timestamp-roots"
        : ", and leads to a root";
    return ok(`${name} gives a timestamp that holds${trust}`, {
      ...details,
      time: time.toISOString(),
      serialNumber,
      policy,
    });
  } catch (error) {
    if (!isTimestampError(error)) throw error;
    const [cause] = error.failures;
    if (!isSignPathError(cause)) throw error;
    const { found, advice } = failureOf(cause);
    return failure("TIMESTAMP_FAILED", found, advice ?? "Ask another authority.", {
      ...details,
      cause: cause.code,
    });
  }
}

/** One that fails does not hinder signing where another one stands in for it. */
function demote(findings: readonly Finding[]): Finding[] {
  const works = findings.some(({ status }) => status === "ok");
  return findings.map((finding) =>
    works && finding.status === "error"
      ? warning("AUTHORITY_UNAVAILABLE", finding.found, finding.advice ?? "", finding.details)
      : finding,
  );
}
