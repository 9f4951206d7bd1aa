import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";

/**
 * The name of an independent verifier, a program that nobody here wrote; `.ci/run` installs their packages. The last two
 * are real servers: a terminator of TLS and a proxy.
 */
export type Verifier = "openssl" | "stunnel" | "tinyproxy";

/** Where each verifier is, if it is installed. */
export const verifiers: Readonly<Record<Verifier, string | undefined>> = {
  openssl: locate("openssl"),
  stunnel: locate("stunnel"),
  tinyproxy: locate("tinyproxy"),
};

function locate(program: string): string | undefined {
  const suffix = process.platform === "win32" ? ".exe" : "";
  const paths = (process.env["PATH"] ?? "").split(delimiter).map((folder) => join(folder, program + suffix));
  return paths.find(isExecutable);
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
