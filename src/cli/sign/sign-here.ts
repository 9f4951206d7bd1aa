import { stat } from "node:fs/promises";
import type { SignPathError } from "../../base/errors.js";
import { CERTIFICATES_VARIABLE, certificatePathsIn } from "../../policy/issuers.js";
import type { SigningPolicy } from "../../policy/signing-policy.js";
import { readCertificateFiles } from "../certificates/certificate-files.js";
import { tellOfPolicy, withClient } from "../client.js";
import { usageError } from "../errors/cli-error.js";
import { describe } from "../errors/describe.js";
import { combinedExitCode } from "../errors/exit-codes.js";
import { visible } from "../shell/output.js";
import type { Outcome, Session } from "../shell/session.js";
import type { BatchResult } from "./batch.js";
import { runBatch } from "./batch.js";
import { cmsChoicesOf } from "./cms-flags.js";
import type { BatchView } from "./events.js";
import type { SignFlags } from "./flags.js";
import { HASHES, refuseTimestampFlags } from "./flags.js";
import { followWork } from "./follow.js";
import { takesTimestamp } from "./formats/options.js";
import { signersWith } from "./formats/signers.js";
import { expandInputs } from "./inputs/expand.js";
import type { Inputs } from "./inputs/input.js";
import { leftOutText } from "./inputs/left-out.js";
import type { Ingredients } from "./journal/recipe.js";
import type { Memory } from "./memory.js";
import type { Job, Plan } from "./plan.js";
import { makePlan, STREAM } from "./plan.js";
import type { SignatureOptions } from "./signer.js";
import { refuseToken, timestampUrls } from "./timestamps.js";

/** Keeps what is remembered. */
export interface Recorder {
  /** Whether a file is its own, which is neither signed nor replaced. */
  owns(file: string): boolean;
  /** The memory of a batch with this policy. */
  remember(policy: SigningPolicy, ingredients: Ingredients): Promise<Memory>;
}

/** When a batch began, and how many requests were made again. */
interface Course {
  readonly begin: number;
  readonly retries: number;
}

/** Signs files in this process, as the command line says. */
export async function signHere(
  session: Session,
  view: BatchView,
  files: readonly string[],
  flags: SignFlags,
  recorder?: Recorder,
): Promise<Outcome> {
  const canStamp = flags.format === "auto" || takesTimestamp(flags.format);
  const urls = timestampUrls(flags.timestamp, canStamp ? process.env : {});
  if (urls.length === 0) refuseTimestampFlags(flags);
  const roots = await readCertificateFiles("--timestamp-roots", flags.timestampRoots ?? []);
  const plain = {
    hash: flags.hash && HASHES[flags.hash],
    padding: flags.padding,
    attached: flags.attached ?? false,
    ecdsaFormat: flags.ecdsaFormat ?? "der",
    certificates: await certificatesOf(flags),
    cms: cmsChoicesOf(flags),
    formats: flags,
    onWarning: ({ code, message }: SignPathError) => view.show({ event: "warning", code, message }),
  };
  const course = { begin: performance.now(), retries: 0 };
  return withClient(
    session,
    flags,
    async (client) => {
      course.begin = performance.now();
      await refuseToken(urls, client);
      const timestamps = urls.length === 0 ? undefined : { urls, roots, order: flags.timestampOrder, client };
      const options: SignatureOptions = { ...plain, timestamps };
      const { signal, stopping } = session.interruption;
      const inputs = await expandInputs(files, flags, stopping);
      const plan = await makePlan(
        inputs.files.filter(({ file }) => !recorder?.owns(file)),
        flags,
      );
      const replacing = recorder && plan.jobs.find(({ output }) => recorder.owns(output));
      if (replacing !== undefined)
        throw usageError(
          `the signature of ${visible(replacing.file)} would replace the journal, ${visible(replacing.output)}`,
        );
      view.begin(
        plan.jobs.length + plan.unreadable.length,
        plan.jobs.reduce((sum, { bytes }) => sum + bytes, 0),
      );
      tellOfLeftOut(view, inputs);
      const exitCodes = plan.unreadable.map(({ file, error }) => fail(view, error, file));
      const end = (result: BatchResult): Outcome =>
        finish(session, view, plan, { ...result, exitCodes: [...exitCodes, ...result.exitCodes] }, course);
      const none = { signed: 0, skipped: 0, exitCodes: [], notTried: plan.jobs.length };
      if (plan.jobs.length === 0) return end(none);
      const prepared = client.policy(flags.policy, { signal }).then(async (policy) => {
        tellOfPolicy(session.output, policy);
        const signerOf = signersWith(policy, options);
        // A format that cannot be made is found out before a signature is spent on another one.
        for (const format of plan.formats) await signerOf({ format });
        return { policy, signerOf };
      });
      const ready = await prepared.catch((error: unknown) => {
        if (!signal.aborted) exitCodes.push(fail(view, error));
      });
      if (ready === undefined) return end(none);
      const { certificates } = options;
      const memory = await recorder?.remember(ready.policy, {
        certificates,
        isStamped: timestamps !== undefined,
      });
      if (!(await hasPipe(plan.jobs))) {
        session.interruption.finishAtFirst(() => view.show({ event: "stopping" }));
      }
      const result = await runBatch(plan.jobs, flags.jobs, {
        output: session.output,
        stopping,
        signal,
        view,
        signerOf: ready.signerOf,
        policy: ready.policy.reference,
        keepUnstamped: flags.keepUnstamped ?? false,
        memory,
      });
      const remark = memory?.remark();
      if (remark !== undefined) view.show({ event: "warning", ...remark });
      return end(result);
    },
    () =>
      followWork((event) => {
        if (event.event === "request" && event.request.type === "retry") course.retries++;
        view.show(event);
      }),
  );
}

/** Ctrl-C reaches whoever writes to a pipe as well: what comes out of it then may be a part of the content only. */
async function hasPipe(jobs: readonly Job[]): Promise<boolean> {
  for (const { file } of jobs.filter(({ bytes }) => bytes === 0)) {
    if (file === STREAM || !(await stat(file).catch(() => undefined))?.isFile()) return true;
  }
  return false;
}

/** Said once, and not as a failure: nobody has named these files. */
function tellOfLeftOut(view: BatchView, { leftOut }: Inputs): void {
  const message = leftOutText(leftOut);
  if (message !== undefined) view.show({ event: "warning", code: "LEFT_OUT", message });
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
  { begin, retries }: Course,
): Outcome {
  const files = plan.jobs.length + plan.unreadable.length;
  const failed = files - signed - skipped - notTried;
  const interrupted = signed + skipped === files ? undefined : session.interruption.exitCode;
  const counts = { signed, skipped, failed, notTried };
  const ms = performance.now() - begin;
  view.end({ ...counts, interrupted: interrupted !== undefined, ms });
  return {
    exitCode: interrupted ?? combinedExitCode(exitCodes),
    summary: {
      ...counts,
      ...{ elapsedMs: Math.round(ms), retries },
      ...(interrupted !== undefined && { interrupted: true }),
    },
  };
}

/** A raw signature holds none. */
function certificatesOf({ certificates, format }: SignFlags): Promise<Uint8Array[]> {
  if (certificates !== undefined || format === "raw")
    return readCertificateFiles("--certificates", certificates ?? []);
  return readCertificateFiles(CERTIFICATES_VARIABLE, certificatePathsIn(process.env));
}
