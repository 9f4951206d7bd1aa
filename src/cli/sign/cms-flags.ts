import type { Command } from "commander";
import { Option } from "commander";
import type { SignCmsOptions } from "../../cms/index.js";

/** What the command line can say of CMS signatures alone. */
export interface CmsFlags {
  readonly attached?: boolean;
  readonly encoding?: "der" | "ber";
  readonly profile?: "cms" | "cades-b" | "cades-t" | "pades";
  readonly signerId?: "issuer" | "ski";
  readonly includeRoot?: boolean;
  readonly aia?: boolean;
  readonly incompleteChain?: "ignore" | "warn" | "error";
}

/** How a CMS signature is made, beside its algorithm, its certificates and its timestamp. */
export type CmsChoices = Pick<
  SignCmsOptions,
  "encoding" | "profile" | "signerIdentifier" | "includeRoot" | "aia" | "incompleteChain"
>;

const SIGNER_IDS = { issuer: "issuerAndSerialNumber", ski: "subjectKeyIdentifier" } as const;

export function addCmsOptions(command: Command): Command {
  return command
    .option("--attached", "put the content into the signature, CMS or JWS")
    .addOption(
      new Option("--encoding <encoding>", "of attached content; der unless given, ber for stdin").choices([
        "der",
        "ber",
      ]),
    )
    .addOption(
      new Option("--profile <profile>", "of the attributes; cms unless given").choices([
        "cms",
        "cades-b",
        "cades-t",
        "pades",
      ]),
    )
    .addOption(
      new Option(
        "--signer-id <kind>",
        "what names the signer; issuer unless given: and serial number",
      ).choices(["issuer", "ski"]),
    )
    .option("--include-root", "put the root into the signature, too, where it is among --certificates")
    .option("--aia", "fetch missing issuers from the addresses in the certificates")
    .addOption(
      new Option(
        "--incomplete-chain <what>",
        "what to do where the certificates do not reach a root; ignore unless given",
      ).choices(["ignore", "warn", "error"]),
    );
}

export function cmsChoicesOf({ signerId, ...flags }: CmsFlags): CmsChoices {
  const { encoding, profile, includeRoot, aia, incompleteChain } = flags;
  const signerIdentifier = signerId && SIGNER_IDS[signerId];
  return { encoding, profile, signerIdentifier, includeRoot, aia, incompleteChain };
}
