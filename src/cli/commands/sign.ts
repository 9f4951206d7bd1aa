import type { Command } from "commander";
import { Option } from "commander";
import { collect, wholeNumber } from "../arguments.js";
import { addClientOptions } from "../client.js";
import type { Session } from "../session.js";
import { addCmsOptions } from "../sign/cms-flags.js";
import type { SignFlags } from "../sign/flags.js";
import { HASHES } from "../sign/flags.js";
import { STREAM } from "../sign/plan.js";
import { signFiles } from "../sign/sign-files.js";

const AFTER = `
A signature appears whole or not at all: it is written to a temporary file, which takes
its name at the end. An existing one is replaced only then. Whether it can be written is
found out before a signature is spent.

Formats:
  cms  CMS SignedData (PKCS#7), DER, detached unless --attached: FILE.p7s
  raw  the signature alone, as "openssl dgst -verify" takes it: FILE.sig
       That of an EC key is ASN.1 (DER); --ecdsa-format ieee gives r and s one after the
       other, as WebCrypto, JWS and .NET have them.

Attached content is streamed: a file is read twice for DER, once to be signed and once to be
written; stdin is read once and makes BER, for --encoding der in memory, up to 1 GiB. On
stdout the content is there before it is known whether all went well: look at the exit code.
With --aia issuers are asked for at public http and https addresses only, without the token.

Timestamps:
  --timestamp (or SIGNPATH_TIMESTAMP_URLS, addresses with spaces between them) names
  authorities by RFC 3161. They are asked in their order, until one gives a timestamp that
  holds; --timestamp-order spread begins with another one for each file, to spread the load.
  No signature is made again because of that. Where there is no timestamp, nothing is written,
  no other file is begun, and the exit code is 5; --keep-unstamped writes the signature without
  one and goes on, and the exit code is 5 as well. A user name and a password belong into the
  variable: https://name:password@tsa.example

Examples:
  signpath sign setup.msi --timestamp http://tsa.example --timestamp https://other.example
  signpath sign setup.msi --policy my-app/release --certificates issuers.pem
    openssl cms -verify -binary -inform DER -in setup.msi.p7s -content setup.msi \\
      -CAfile root.pem -out verified.msi
  signpath sign dist/*.zip --out signatures/ --jobs 8
  signpath sign setup.msi --format raw
    signpath certificate | openssl x509 -pubkey -noout > key.pem
    openssl dgst -sha256 -verify key.pem -signature setup.msi.sig setup.msi
  tar c dist | signpath sign - --out dist.tar.p7s`;

export function registerSign(program: Command, session: Session): void {
  const command = program
    .command("sign")
    .argument("<file...>", `files to sign; ${STREAM} is stdin`)
    .summary("sign files")
    .description("Signs files. Each is hashed here; only the hash is sent.")
    .option("--policy <project/policy>", "whose key signs; default: the configured one")
    .addOption(new Option("--format <format>", "what to make").choices(["cms", "raw"]).default("cms"))
    .addOption(new Option("--hash <hash>", "of the content").choices(Object.keys(HASHES)).default("sha256"))
    .addOption(
      new Option("--padding <padding>", "of an RSA signature; pkcs1 unless given").choices(["pkcs1", "pss"]),
    )
    .addOption(
      new Option("--ecdsa-format <form>", "of a raw EC signature; der unless given").choices(["der", "ieee"]),
    )
    .option(
      "--certificates <file>",
      "PEM or DER file with issuers to put into CMS, may be given more than once; default: those of SIGNPATH_CERTIFICATES",
      collect,
    )
    .option("--timestamp <url>", "timestamp authority; may be given more than once", collect)
    .option(
      "--timestamp-roots <file>",
      "PEM or DER file with the roots that timestamps must lead to; may be given more than once",
      collect,
    )
    .addOption(
      new Option(
        "--timestamp-order <order>",
        "in which authorities are asked; sequential unless given: as they stand",
      ).choices(["sequential", "spread"]),
    )
    .option("--keep-unstamped", "write signatures whose timestamp is not to be had, too")
    .option("--out <path>", `a file for one signature, a directory for all, or ${STREAM} for stdout`)
    .option("--jobs <n>", "files to sign at the same time", wholeNumber(1, 256), 4)
    .option("--no-progress", "no line that changes; default: where stderr is a terminal and CI is not set");
  addClientOptions(addCmsOptions(command))
    .addHelpText("after", AFTER)
    .action((files: string[], flags: SignFlags) =>
      session.perform(flags, () => signFiles(session, files, flags)),
    );
}
