import { X509Certificate } from "node:crypto";
import { chmodSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll } from "vitest";
import { verifiers } from "./programs.js";
import { run } from "./run.js";
import { temporaryFolder } from "./temporary.js";

/**
 * A home of GnuPG for the tests of a file, in which gpgsm trusts a root, where gpgsm is installed. Its agent ends with them.
 *
 * @param root - gives it in PEM
 * @returns the folder, for GNUPGHOME
 */
export function useGpgsm(root: () => string): string {
  const home = temporaryFolder();
  const env = { PATH: process.env["PATH"], GNUPGHOME: home };

  beforeAll(async () => {
    if (verifiers.gpgsm === undefined) return;
    chmodSync(home, 0o700);
    writeFileSync(join(home, "gpgsm.conf"), "disable-crl-checks\ndisable-dirmngr\n");
    writeFileSync(join(home, "trustlist.txt"), `${new X509Certificate(root()).fingerprint} S relax\n`);
    const { status, stderr } = await run(verifiers.gpgsm, ["--batch", "--import"], { env, input: root() });
    if (status !== 0) throw new Error(`gpgsm has not taken the root: ${stderr}`);
  });

  afterAll(async () => {
    if (verifiers.gpgsm !== undefined) await run("gpgconf", ["--kill", "all"], { env });
  });

  return home;
}
