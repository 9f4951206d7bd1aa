import { readFile } from "node:fs/promises";
import { InvalidArgumentError } from "commander";
import { reasonOf, usageError } from "./cli-error.js";
import { visible } from "./output.js";

/** Reads an option's value as a whole number. */
export function wholeNumber(low: number, high: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (/^\d+$/.test(text) && value >= low && value <= high) return value;
    throw new InvalidArgumentError(`It must be a whole number from ${low} to ${high}.`);
  };
}

/** An option that can be given more than once. */
export function collect(text: string, before: readonly string[] = []): readonly string[] {
  return [...before, text];
}

/** The contents of the certificate files that an option names. */
export async function readCertificateFiles(option: string, paths: readonly string[]): Promise<Uint8Array[]> {
  const { readCertificates } = await import("../policy/chain.js");
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
