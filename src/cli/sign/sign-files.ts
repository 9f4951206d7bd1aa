import { stat } from "node:fs/promises";
import type { SignPathError } from "../../base/errors.js";
import { CERTIFICATES_VARIABLE, certificatePathsIn } from "../../policy/issuers.js";
import { readCertificateFiles } from "../certificate-files.js";
import { tellOfPolicy, withClient } from "../client.js";
import { describe } from "../describe.js";
import { combinedExitCode } from "../exit-codes.js";
import type { Outcome, Session } from "../session.js";
import { makeView } from "../view/make-view.js";
import type { BatchResult } from "./batch.js";
import { runBatch } from "./batch.js";
import { cmsChoicesOf } from "./cms-flags.js";
import type { BatchView } from "./events.js";
import type { SignFlags } from "./flags.js";
import { checkUsage, HASHES, refuseTimestampFlags } from "./flags.js";
import { followWork } from "./follow.js";
import type { Job, Plan } from "./plan.js";
import { makePlan, STREAM } from "./plan.js";
import type { SignatureOptions } from "./signer.js";
import { EXTENSIONS, makeSigner } from "./signer.js";
import { timestampUrls } from "./timestamps.js";

/** Signs files as the command line says. */
export async function signFiles(
  session: Session,
  files: readonly string[],
  flags: SignFlags,
): Promise<Outcome> {
  checkUsage(flags, session.output.isTerminal);
  const urls = timestampUrls(flags.timestamp, flags.format === "cms" ? process.env : {});
  if (urls.length === 0) refuseTimestampFlags(flags);
  const roots = await readCertificateFiles("--timestamp-roots", flags.timestampRoots ?? []);
  const view = await makeView(session, flags.progress);
  const plain = {
    format: flags.format,
    hash: HASHES[flags.hash],
    padding: flags.padding,
    attached: flags.attached ?? false,
    ecdsaFormat: flags.ecdsaFormat ?? "der",
    certificates: await certificatesOf(flags),
    cms: cmsChoicesOf(flags),
    onWarning: ({ code, message }: SignPathError) => view.show({ event: "warning", code, message }),
  };
  return withClient(
    session,
    flags,
    async (client) => {
      const begin = performance.now();
      const timestamps = urls.length === 0 ? undefined : { urls, roots, order: flags.timestampOrder, client };
      const options: SignatureOptions = { ...plain, timestamps };
      const plan = await makePlan(files, flags.out, EXTENSIONS[flags.format]);
      view.begin(
        plan.jobs.length + plan.unreadable.length,
        plan.jobs.reduce((sum, { bytes }) => sum + bytes, 0),
      );
      const exitCodes = plan.unreadable.map(({ file, error }) => fail(view, error, file));
      const end = (result: BatchResult): Outcome =>
        finish(session, view, plan, { ...result, exitCodes: [...exitCodes, ...result.exitCodes] }, begin);
      const none = { signed: 0, skipped: 0, exitCodes: [], notTried: plan.jobs.length };
      if (plan.jobs.length === 0) return end(none);
      const { signal, stopping } = session.interruption;
      const prepared = client.policy(flags.policy, { signal }).then(async (policy) => {
        tellOfPolicy(session.output, policy);
        return { policy: policy.reference, signer: await makeSigner(policy, options) };
      });
      const ready = await prepared.catch((error: unknown) => {
        if (!signal.aborted) exitCodes.push(fail(view, error));
      });
      if (ready === undefined) return end(none);
      const { format, hash } = options;
      const facts = { format, hash, policy: ready.policy, algorithm: ready.signer.algorithm };
      const keepUnstamped = flags.keepUnstamped ?? false;
      const batch = { output: session.output, stopping, signal, view, facts, keepUnstamped };
      if (!(await hasPipe(plan.jobs))) {
        session.interruption.finishAtFirst(() => view.show({ event: "stopping" }));
      }
      return end(await runBatch(plan.jobs, ready.signer, flags.jobs, batch));
    },
    () => followWork((event) => view.show(event)),
  );
}

/** Ctrl-C reaches whoever writes to a pipe as well: what comes out of it then may be a part of the content only. */
async function hasPipe(jobs: readonly Job[]): Promise<boolean> {
  for (const { file } of jobs.filter(({ bytes }) => bytes === 0)) {
    if (file === STREAM || !(await stat(file).catch(() => undefined))?.isFile()) return true;
  }
  return false;
}

function fail(view: BatchView, error: unknown, file?: string): number {
  const failure = describe(error, file);
  view.show({ event: "failed", ...(file !== undefined && { file }), failure });
  return failure.exitCode;
}

function finish(
  session: Session,
  view: BatchView,
  plan: Plan,
  { signed, skipped, exitCodes, notTried }: BatchResult,
  begin: number,
): Outcome {
  const files = plan.jobs.length + plan.unreadable.length;
  const failed = files - signed - skipped - notTried;
  const interrupted = signed + skipped === files ? undefined : session.interruption.exitCode;
  const counts = { signed, skipped, failed, notTried };
  view.end({ ...counts, interrupted: interrupted !== undefined, ms: performance.now() - begin });
  return {
    exitCode: interrupted ?? combinedExitCode(exitCodes),
    summary: { ...counts, ...(interrupted !== undefined && { interrupted: true }) },
  };
}

/** A raw signature holds none. */
function certificatesOf({ certificates, format }: SignFlags): Promise<Uint8Array[]> {
  if (certificates !== undefined || format === "raw")
    return readCertificateFiles("--certificates", certificates ?? []);
  return readCertificateFiles(CERTIFICATES_VARIABLE, certificatePathsIn(process.env));
}
