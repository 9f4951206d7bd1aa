import { readFile } from "node:fs/promises";
import { reasonOf, usageError } from "../errors/cli-error.js";
import { visible } from "../shell/output.js";

/** The contents of the certificate files that an option or a variable names. */
export async function readCertificateFiles(option: string, paths: readonly string[]): Promise<Uint8Array[]> {
  const { readCertificates } = await import("../../policy/chain.js");
  return Promise.all(
    paths.map(async (path) => {
      const problem = (reason: string): Error =>
        usageError(`${option} ${visible(path)} cannot be used: ${reason}`);
      const content = await readFile(path).catch((error: unknown) => {
        throw problem(reasonOf(error));
      });
      try {
        readCertificates([content]);
      } catch {
        throw problem("it holds no certificate, PEM or DER");
      }
      return content;
    }),
  );
}
