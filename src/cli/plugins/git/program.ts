import { VERSION } from "../../../base/version.js";
import type { Answer } from "../run.js";
import type { GitCall } from "./arguments.js";
import { readArguments } from "./arguments.js";
import { HELP } from "./help.js";
import { readVerifier } from "./settings.js";
import { NOT_CHECKED, withStatus } from "./status.js";

/**
 * Answers one call of git in the place of gpgsm (`gpg.x509.program`): signs what comes on stdin with the policy that
 * user.signingkey names, or verifies. A failure is told on stderr and by the exit code, which has git give up the commit
 * or the tag. Checked with git 2.39; other versions from 2.19 on, where gpg.format came, have the same protocol.
 *
 * @param stdin - gives it when it is needed; where gpgsm takes over, it must be untouched
 */
export async function answerGit(
  args: readonly string[],
  stdin: () => AsyncIterable<Uint8Array>,
): Promise<Answer> {
  let call: GitCall | undefined;
  try {
    call = readArguments(args);
    return await respond(call, args, stdin);
  } catch (error) {
    return failure(error, call);
  }
}

async function respond(
  call: GitCall,
  args: readonly string[],
  stdin: () => AsyncIterable<Uint8Array>,
): Promise<Answer> {
  switch (call.command) {
    case "help":
      return { stdout: HELP, exitCode: 0 };
    case "version":
      return { stdout: `signpath-git ${VERSION}\n`, exitCode: 0 };
    case "sign": {
      const { sign } = await import("./sign.js");
      return sign(call, stdin());
    }
    case "verify": {
      if (readVerifier(process.env) === "gpgsm") {
        const { runGpgsm } = await import("./gpgsm.js");
        return { exitCode: await runGpgsm(args) };
      }
      const { verify } = await import("./verify.js");
      return verify(call, stdin);
    }
  }
}

/** Of a signature that was not verified, because of what was said on stderr, git must not take that there is none. */
async function failure(error: unknown, call: GitCall | undefined): Promise<Answer> {
  const { describe } = await import("../../errors/describe.js");
  const { lines, exitCode } = describe(error);
  const answer = { stderr: `signpath-git: ${lines.join("\n")}\n`, exitCode };
  return call?.command === "verify" ? withStatus(NOT_CHECKED, call.statusFd, answer) : answer;
}
