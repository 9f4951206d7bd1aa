import type { VerifyCmsOptions } from "../../../cms/verify/options.js";
import type { SignerReport } from "../../../cms/verify/report.js";
import { CmsVerificationError } from "../../../cms/verify/report.js";
import { verifyCms } from "../../../cms/verify/verify-cms.js";
import { CERTIFICATES_VARIABLE, certificatePathsIn } from "../../../policy/issuers.js";
import { readCertificateFiles } from "../../certificates/certificate-files.js";
import { isSystemError, unreadable, usageError } from "../../errors/cli-error.js";
import { exitCodeOf } from "../../errors/exit-codes.js";
import { visible } from "../../shell/output.js";
import { describeSigner } from "../../verify/describe-report.js";
import type { Answer } from "../run.js";
import type { VerifyCall } from "./arguments.js";
import { pathIn } from "./settings.js";
import { signerStatus } from "./signer-status.js";
import { withStatus } from "./status.js";

/**
 * Verifies a detached signature: status lines that git reads, and the report for people on stderr. Nothing is trusted but
 * the roots in SIGNPATH_GIT_ROOTS.
 *
 * @throws {CliError} `USAGE` for settings that cannot be used, `INPUT_UNREADABLE`
 * @throws {SignPathError} `VERIFICATION_FAILED` for a signature of which not even the signer can be read
 */
export async function verify(
  { signature, content, statusFd }: VerifyCall,
  stdin: () => AsyncIterable<Uint8Array>,
): Promise<Answer> {
  const options = await trust(process.env);
  const report = (signers: readonly SignerReport[], exitCode: number): Answer => {
    const lines = signers.flatMap((signer) => describeSigner(signer));
    const stderr = lines.map((line) => `signpath-git: ${visible(line)}\n`).join("");
    return withStatus(signers.map(signerStatus).join(""), statusFd, { stderr, exitCode });
  };
  try {
    const source = content === "-" ? stdin() : content;
    return report((await verifyCms(signature, { ...options, content: source })).signers, 0);
  } catch (error) {
    if (isSystemError(error)) throw unreadable(error.path ?? content, error);
    const signers = error instanceof CmsVerificationError ? error.verification?.signers : undefined;
    if (signers === undefined || signers.length === 0) throw error;
    return report(signers, exitCodeOf("VERIFICATION_FAILED"));
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
    certificates: await readCertificateFiles(CERTIFICATES_VARIABLE, certificatePathsIn(env)),
  };
}
