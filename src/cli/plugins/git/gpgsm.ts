import { spawn } from "node:child_process";
import { constants } from "node:os";
import { CliError, reasonOf } from "../../cli-error.js";

/**
 * Has gpgsm verify in our place, with the same arguments and files. It sees no setting of ours, the token least of all.
 *
 * @returns its exit code
 * @throws {CliError} `INPUT_UNREADABLE` if it cannot be started
 */
export function runGpgsm(args: readonly string[], statusFd = 0): Promise<number> {
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^SIGNPATH_/i.test(name)));
  const others = Array.from({ length: Math.max(statusFd - 2, 0) }, (_, index) =>
    index + 3 === statusFd ? ("inherit" as const) : ("ignore" as const),
  );
  const child = spawn("gpgsm", [...args], { env, stdio: ["inherit", "inherit", "inherit", ...others] });
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
