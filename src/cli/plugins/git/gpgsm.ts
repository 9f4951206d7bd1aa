import { spawn } from "node:child_process";
import { constants } from "node:os";
import { CliError, reasonOf } from "../../errors/cli-error.js";

/**
 * Has gpgsm verify in our place, with the same arguments, input and output. It sees no setting of ours, the token least of all.
 *
 * @returns its exit code
 * @throws {CliError} `INPUT_UNREADABLE` if it cannot be started
 */
export function runGpgsm(args: readonly string[]): Promise<number> {
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^SIGNPATH_/i.test(name)));
  const child = spawn("gpgsm", [...args], { env, stdio: "inherit" });
  return new Promise((resolve, reject) => {
    child.on("error", (cause) => {
      reject(
        new CliError("INPUT_UNREADABLE", `gpgsm cannot be run: ${reasonOf(cause)}`, {
          hint: "Install it, or unset SIGNPATH_GIT_VERIFIER to have signpath-git itself verify.",
          cause,
        }),
      );
    });
    child.on("close", (code, signal) => resolve(code ?? 128 + constants.signals[signal ?? "SIGTERM"]));
  });
}
