import { createReadStream } from "node:fs";
import type { VerifyCmsOptions } from "../../../cms/verify/options.js";
import { CmsVerificationError } from "../../../cms/verify/report.js";
import { verifyCms } from "../../../cms/verify/verify-cms.js";
import { readCertificateFiles } from "../../certificate-files.js";
import { isSystemError, unreadable, usageError } from "../../cli-error.js";
import { describe } from "../../describe.js";
import { visible } from "../../output.js";
import { describeSigner } from "../../verify/describe-report.js";
import type { Answer } from "../run.js";
import type { VerifyCall } from "./arguments.js";
import { pathIn } from "./settings.js";
import { signerStatus } from "./signer-status.js";
import { statusLine, withStatus } from "./status.js";

/** Of a signature that cannot be read: neither its key, nor how, nor when; 1 is GnuPG's general error. */
const UNREADABLE = statusLine("NEWSIG") + statusLine("ERRSIG", "0000000000000000", 0, 0, "00", 0, 1, "-");

/**
 * Verifies a detached signature: status lines that git reads, the report for people on stderr. Nothing is trusted but
 * the roots in SIGNPATH_GIT_ROOTS.
 *
 * @throws {CliError} `USAGE` for settings that cannot be used, `INPUT_UNREADABLE`
 */
export async function verify(
  { signature, content, statusFd }: VerifyCall,
  stdin: () => AsyncIterable<Uint8Array>,
): Promise<Answer> {
  const options = await trust(process.env);
  const source = content === "-" ? stdin() : createReadStream(content);
  try {
    const { signers } = await verifyCms(signature, { ...options, content: source });
    const stderr = talk(signers.flatMap((signer) => describeSigner(signer)));
    return withStatus(signers.map(signerStatus).join(""), statusFd, { stderr, exitCode: 0 });
  } catch (error) {
    if (isSystemError(error)) throw unreadable(error.path ?? signature, error);
    if (!(error instanceof CmsVerificationError)) throw error;
    const { lines, exitCode } = describe(error);
    const signers = error.verification?.signers ?? [];
    const reports = signers.flatMap((signer) => describeSigner(signer));
    const status = signers.map(signerStatus).join("") || UNREADABLE;
    return withStatus(status, statusFd, { stderr: talk(reports.length > 0 ? reports : lines), exitCode });
  }
}

async function trust(
  env: NodeJS.ProcessEnv,
): Promise<Pick<VerifyCmsOptions, "roots" | "timestampRoots" | "certificates">> {
  const read = (variable: string): Promise<Uint8Array[]> | undefined => {
    const path = pathIn(env, variable);
    return path === undefined ? undefined : readCertificateFiles(variable, [path]);
  };
  const roots = await read("SIGNPATH_GIT_ROOTS");
  if (roots === undefined)
    throw usageError(
      "the signature was not verified: nothing is trusted, as SIGNPATH_GIT_ROOTS is not set",
      "Put the path of a PEM file with the roots into it, or set SIGNPATH_GIT_VERIFIER=gpgsm.",
    );
  return {
    roots,
    timestampRoots: await read("SIGNPATH_GIT_TIMESTAMP_ROOTS"),
    certificates: await read("SIGNPATH_CERTIFICATES"),
  };
}

function talk(lines: readonly string[]): string {
  return lines.map((line) => `signpath-git: ${visible(line)}\n`).join("");
}
