import { usageError } from "../../errors/cli-error.js";
import { visible } from "../../shell/output.js";
import type { SignFlags } from "../flags.js";
import type { FormatName } from "./table.js";
import { FORMATS, isEmbedded } from "./table.js";

/** An option that is not for all formats. */
interface FormatOption {
  readonly flag: keyof SignFlags;
  readonly option: string;
  readonly formats: readonly FormatName[];
  /** Whether a value asks for something at all. */
  readonly counts?: (value: unknown) => boolean;
}

const CHAIN: readonly FormatName[] = ["cms", "pdf", "authenticode", "jar"];

const OPTIONS: readonly FormatOption[] = [
  { flag: "attached", option: "--attached", formats: ["cms", "jws"] },
  {
    flag: "certificates",
    option: "--certificates",
    formats: ["cms", "jws", "pdf", "authenticode", "jar", "xml"],
  },
  { flag: "timestamp", option: "--timestamp", formats: CHAIN },
  {
    flag: "padding",
    option: "--padding pss",
    formats: ["cms", "raw", "jws", "pdf", "jar", "xml"],
    counts: (value) => value === "pss",
  },
  { flag: "ecdsaFormat", option: "--ecdsa-format", formats: ["raw"] },
  { flag: "encoding", option: "--encoding", formats: ["cms"] },
  { flag: "profile", option: "--profile", formats: ["cms"] },
  { flag: "signerId", option: "--signer-id", formats: ["cms"] },
  { flag: "includeRoot", option: "--include-root", formats: CHAIN },
  { flag: "aia", option: "--aia", formats: CHAIN },
  { flag: "incompleteChain", option: "--incomplete-chain", formats: CHAIN },
  { flag: "description", option: "--description", formats: ["authenticode"] },
  { flag: "url", option: "--url", formats: ["authenticode"] },
  { flag: "nested", option: "--nested", formats: ["authenticode"] },
  { flag: "pageHashes", option: "--page-hashes", formats: ["authenticode"] },
  { flag: "reason", option: "--reason", formats: ["pdf"] },
  { flag: "location", option: "--location", formats: ["pdf"] },
  { flag: "signatureName", option: "--signature-name", formats: ["jar"] },
];

/** Whether a format has a place for timestamps (RFC 3161). */
export function takesTimestamp(format: FormatName): boolean {
  return CHAIN.includes(format);
}

/**
 * Refuses options that one of the files has no use for. What the environment says concerns the files that it fits.
 *
 * @param examples - a file of each format that is to be made
 * @throws {CliError} `USAGE`
 */
export function refuseForeignOptions(flags: SignFlags, examples: ReadonlyMap<FormatName, string>): void {
  for (const { flag, option, formats, counts = isGiven } of OPTIONS) {
    if (!counts(flags[flag])) continue;
    for (const [format, file] of examples) {
      if (formats.includes(format)) continue;
      throw usageError(
        `${option} is for --format ${formats.join(", ")}: ${visible(file)} becomes ${aboutOf(format)} (--format ${format})`,
        examples.size > 1 ? "Sign files of different formats by commands of their own." : undefined,
      );
    }
  }
}

function isGiven(value: unknown): boolean {
  return value !== undefined;
}

function aboutOf(format: FormatName): string {
  const about = FORMATS.get(format)?.about ?? format;
  return isEmbedded(format) ? `${about} with its signature inside` : about;
}
