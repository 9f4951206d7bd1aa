import { X509Certificate } from "node:crypto";
import { readFileSync } from "node:fs";
import type { AlgorithmName } from "../../src/key/algorithms.js";

interface Samples {
  /** PEM. */
  readonly certificates: readonly string[];
  readonly signatures: readonly {
    readonly algorithm: AlgorithmName;
    readonly certificate: string;
    readonly signature: string;
  }[];
}

/** What an emulator made once: the same in each run, so that a seed gives the same inputs. */
const samples = JSON.parse(readFileSync(new URL("samples.json", import.meta.url), "utf8")) as Samples;

const parsed = samples.certificates.map((text) => new X509Certificate(text));

/** The certificates, with a line break at the end of each. */
export const PEM: readonly string[] = parsed.map((certificate) => certificate.toString());

/** The same as DER. */
export const DER: readonly Uint8Array[] = parsed.map(({ raw }) => raw);

/** Those that have issued others. */
export const AUTHORITIES: readonly Uint8Array[] = parsed.filter(({ ca }) => ca).map(({ raw }) => raw);

/** Those that have issued none. */
export const LEAVES: readonly Uint8Array[] = parsed.filter(({ ca }) => !ca).map(({ raw }) => raw);

/** Signatures of the emulator's `MESSAGE` with SHA-256; those with ECDSA in either form. */
export const SIGNATURES: Samples["signatures"] = samples.signatures;
