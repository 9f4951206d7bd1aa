import { tellOfRequests } from "../client.js";
import type { Outcome, Session } from "../session.js";
import type { DoctorFlags } from "./open.js";
import { openContext } from "./open.js";
import { conclude, tellOf } from "./report.js";
import { diagnose } from "./run.js";
import { STAGES } from "./stages.js";

/** Looks for what is wrong, and tells. */
export async function examine(
  { output, interruption }: Session,
  policies: readonly string[],
  flags: DoctorFlags,
): Promise<Outcome> {
  const { signal } = interruption;
  const { context, close } = openContext(policies, flags, process.env, signal);
  tellOfRequests(output);
  try {
    const diagnosis = await diagnose(STAGES, context, (finding) => tellOf(finding, output));
    conclude(diagnosis, output);
    const { ok, warning: warnings, error: errors, skipped } = diagnosis.counts;
    return {
      exitCode: diagnosis.exitCode,
      summary: { ok, warnings, errors, skipped, signaturesSpent: 0 },
    };
  } finally {
    if (!signal.aborted) await close();
  }
}
