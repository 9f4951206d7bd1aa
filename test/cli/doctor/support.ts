import { afterAll, expect } from "vitest";
import type { DoctorFlags } from "../../../src/cli/doctor/open.js";
import { openContext } from "../../../src/cli/doctor/open.js";
import type { Diagnosis, Placed } from "../../../src/cli/doctor/run.js";
import { diagnose } from "../../../src/cli/doctor/run.js";
import type { StageName } from "../../../src/cli/doctor/stages.js";
import { STAGES } from "../../../src/cli/doctor/stages.js";
import type { Emulator, EmulatorOptions } from "../../../src/emulator/index.js";
import { useEmulator } from "../../support/emulator.js";

/** As long as a token may be, so that it cannot stand in a text by chance. */
export const CANARY = "canary+TOKEN/7f3a9c0d5e4b";

/** An emulator whose token is the canary, and of which nobody may have asked for a signature in the end. */
export function useUnspentEmulator(options: EmulatorOptions = {}): () => Emulator {
  const emulator = useEmulator({ apiToken: CANARY, ...options });
  afterAll(() => {
    expect(emulator().signingRequests).toEqual([]);
    expect(
      emulator().requests.filter(({ method, route }) => method === "POST" && route !== "timestamp"),
    ).toEqual([]);
  });
  return emulator;
}

/** What is told the doctor. */
export interface Case {
  /** On top of the emulator's; `undefined` takes one away. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly policies?: readonly string[];
  readonly flags?: Partial<DoctorFlags>;
}

/** What the doctor found. */
export interface Found extends Diagnosis {
  /** Of one stage: status and code of each finding. */
  readonly of: (stage: StageName) => string[];
  /** Of one stage. */
  readonly at: (stage: StageName) => readonly Placed[];
  /** `stage CODE` of each error. */
  readonly errors: readonly string[];
  readonly warnings: readonly string[];
}

/** Runs all stages in this process, and looks for the canary in what they found. */
export async function examine(
  emulator: Emulator,
  { env, policies = [], flags = {} }: Case = {},
): Promise<Found> {
  const { signal } = new AbortController();
  const given = { ...emulator.environment, ...env };
  const { context, close } = openContext(policies, { timeout: 10, ...flags }, given, signal);
  const told: Placed[] = [];
  const diagnosis = await diagnose(STAGES, context, (finding) => told.push(finding));
  await close();
  expect(told).toEqual(diagnosis.findings);
  for (const form of [CANARY, encodeURIComponent(CANARY), Buffer.from(CANARY).toString("base64")])
    expect(JSON.stringify(told)).not.toContain(form);
  const at = (stage: StageName): readonly Placed[] => told.filter((finding) => finding.stage === stage);
  const all = (wanted: string): string[] =>
    told.filter(({ status }) => status === wanted).map(({ stage, code }) => `${stage} ${code}`);
  return {
    ...diagnosis,
    at,
    of: (stage) => at(stage).map(({ status, code }) => `${status} ${code}`),
    errors: all("error"),
    // Which Node the tests run on is not theirs to say.
    warnings: all("warning").filter((each) => !each.startsWith("node ")),
  };
}
