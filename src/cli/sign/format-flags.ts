import type { Command } from "commander";

/** What the command line can say of one format alone, beside CMS. */
export interface FormatFlags {
  /** Of an executable: what it is called where Windows asks people. */
  readonly description?: string;
  readonly url?: string;
  readonly nested?: boolean;
  readonly pageHashes?: boolean;
  /** Of a PDF file. */
  readonly reason?: string;
  readonly location?: string;
  /** Of a JAR file: what its files in META-INF are called. */
  readonly signatureName?: string;
}

/** The same for what signs. */
export type FormatChoices = FormatFlags;

export function addFormatOptions(command: Command): Command {
  return command
    .option("--description <text>", "authenticode: what the program is called, where Windows asks people")
    .option("--url <address>", "authenticode: where there is more about the program")
    .option("--nested", "authenticode: keep the signature that is there, and add this one to it")
    .option("--page-hashes", "authenticode: sign the hash of each page as well, for drivers")
    .option("--reason <text>", "pdf: why it is signed")
    .option("--location <text>", "pdf: where it is signed")
    .option("--signature-name <name>", "jar: name of the signature's files in META-INF; default: SIGNPATH");
}
