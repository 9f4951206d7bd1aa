import { accessSync, constants, existsSync } from "node:fs";
import { delimiter, join } from "node:path";

/**
 * The name of an independent verifier, a program that nobody here wrote; `.ci/run` installs their packages. The last two
 * are real servers: a terminator of TLS and a proxy.
 */
export type Verifier = "openssl" | "Bouncy Castle" | "gpgsm" | "stunnel" | "tinyproxy";

/** Bouncy Castle's classes, where Debian puts them. */
export const BOUNCY_CASTLE_JARS: readonly string[] = ["bcpkix", "bcprov", "bcutil"].map(
  (name) => `/usr/share/java/${name}.jar`,
);

/** Where each verifier is, if it is installed. */
export const verifiers: Readonly<Record<Verifier, string | undefined>> = {
  openssl: locate("openssl"),
  // Java runs a source file only where its compiler is.
  "Bouncy Castle": BOUNCY_CASTLE_JARS.every(existsSync) && locate("javac") ? locate("java") : undefined,
  gpgsm: locate("gpgsm"),
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
