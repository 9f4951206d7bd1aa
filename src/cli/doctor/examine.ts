import { subscribe } from "node:diagnostics_channel";
import type { RequestEvent } from "../../api/transport/telemetry.js";
import { tellOfRequest } from "../client.js";
import type { Outcome, Session } from "../shell/session.js";
import { COLOURED, PLAIN, wantsColour } from "../shell/style.js";
import type { DoctorFlags } from "./open.js";
import { openContext } from "./open.js";
import type { Paper } from "./report.js";
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
  subscribe("signpath:request", (message) => tellOfRequest(output, message as RequestEvent));
  const paper: Paper = {
    json: output.json,
    quiet: output.quiet,
    style: wantsColour(output.isTerminal, process.env, flags.color) ? COLOURED : PLAIN,
    event: (event) => output.event(event),
    data: (data) => output.data(data),
  };
  try {
    const diagnosis = await diagnose(STAGES, context, (finding) => tellOf(finding, paper));
    conclude(diagnosis, paper);
    const { ok, warning: warnings, error: errors, skipped } = diagnosis.counts;
    return {
      exitCode: diagnosis.exitCode,
      summary: { ok, warnings, errors, skipped, signaturesSpent: 0 },
    };
  } finally {
    if (!signal.aborted) await close();
  }
}
