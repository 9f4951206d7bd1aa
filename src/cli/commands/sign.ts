import { Command, Option } from "commander";
import { collect, wholeNumber } from "../arguments.js";
import { addClientOptions } from "../client.js";
import { usageError } from "../errors/cli-error.js";
import type { Session } from "../shell/session.js";
import { addCmsOptions } from "../sign/cms-flags.js";
import type { SignFlags } from "../sign/flags.js";
import { HASHES } from "../sign/flags.js";
import { addFormatOptions } from "../sign/format-flags.js";
import { FORMAT_NAMES } from "../sign/formats/table.js";
import { STREAM } from "../sign/inputs/stream.js";
import { addJournalOptions, journalOf } from "../sign/journal/flags.js";
import { signFiles } from "../sign/sign-files.js";
import type { SignOrder } from "../sign/worker/messages.js";

const AFTER = `
Files:
  Names, and patterns that the shell has left alone (a name that exists means itself); with
  --recursive all files of a directory, but for hidden ones and for what signing has made (*.p7s,
  *.sig, *.jws, .signpath-*, all in the directory of --out). Links to directories are not followed.
  --files-from reads names, one a line, from a file or with - from stdin; with --null a NUL ends
  each, as find -print0 writes them.
  A file that is named twice is signed once.
  --exclude without a slash means names in any directory, else paths: "*.map", "dist/old/**".

Formats, by --format, else by the file's name:
  cms           CMS SignedData (PKCS#7), DER, detached unless --attached: FILE.p7s
                by default for all names but these:
  authenticode  into Windows executables: .exe .dll .sys .ocx .efi .cpl .scr .drv .mui .winmd
                No MSI, MSIX, CAB or script.
  jar           into JAR files, as jarsigner does: .jar .war .ear
  pdf           into PDF files, as PAdES has it (B-B, with a timestamp B-T): .pdf
  xml           into XML documents, enveloped; only if asked for
  jws           JWS, compact, detached unless --attached: FILE.jws
                Detached it is of the content as it is (RFC 7797). The header has the certificates.
  raw           the signature alone, as "openssl dgst -verify" takes it: FILE.sig
                That of an EC key is ASN.1 (DER); --ecdsa-format ieee gives r and s one after the
                other, as WebCrypto, JWS and .NET have them.
  A format that goes into the file needs --in-place, which replaces it, or --out. jar, pdf and xml
  need packages where signpath itself is installed, or in a folder that NODE_PATH names; who lacks
  one is told its name. A file with other hard links becomes a file of its own.

Outputs:
  A result appears whole or not at all: it is written to a temporary file, which takes its name at
  the end. An existing one is replaced only then, and its mode is kept. Whether it can be written
  is found out before a signature is spent.
  --out DIRECTORY/ keeps the paths of what was found in directories and by patterns; --base-dir
  those of all files.

Attached content is streamed: a file is read twice for DER, once to be signed and once to be
written; stdin is read once and makes BER, for --encoding der in memory, up to 1 GiB. On
stdout the content is there before it is known whether all went well: look at the exit code.
In memory are also PDF (up to 256 MiB), XML (64 MiB) and JWS with --attached (128 MiB).
With --aia issuers are asked for at public http and https addresses only, without the token.

Timestamps, of cms, pdf, authenticode and jar:
  --timestamp (or SIGNPATH_TIMESTAMP_URLS, addresses with spaces between them) names
  authorities by RFC 3161. They are asked in their order, until one gives a timestamp that
  holds; --timestamp-order spread begins with another one for each file, to spread the load.
  No signature is made again because of that. Where there is no timestamp, nothing is written,
  no other file is begun, and the exit code is 5; --keep-unstamped writes the signature without
  one and goes on, and the exit code is 5 as well. A user name and a password belong into the
  variable: https://name:password@tsa.example

Journal:
  --journal FILE remembers what is signed. Run again after a crash, files are skipped whose content,
  policy, certificate, format and options are the same and whose signature is still there as it was
  written, or there and good. What has changed is signed again, and it is said why. --resume alone
  takes files and options from the journal. Only one process at a time works with a journal; others
  wait. That holds on a network drive as well, as far as its files show up on all machines at once.
  With a journal a process of its own signs. When the command is killed (kill -9, closed terminal),
  that one finishes what is in flight, for up to a minute, and begins nothing else. Only if it is
  killed, too, or the machine stops, may what was in flight be signed twice; the next run says how
  many files that can be. A CMS signature that --keep-unstamped left without its timestamp gets that
  when it is run again, and is not made again. Names from stdin are not kept: give them again. Do
  not edit a journal.

What is shown:
  On a terminal one line says how far it is and what it waits for; failures scroll by above it.
  Elsewhere, with CI set, TERM=dumb or --no-progress there is a line for each file, and one that
  says what is going on where nothing else was said for 20 s. --quiet tells of failures and
  warnings alone. NO_COLOR and FORCE_COLOR are respected. On GitHub Actions failures are
  annotations, and GITHUB_STEP_SUMMARY gets a summary.

Ctrl-C:
  Once finishes what is in flight and begins nothing else; twice calls that off; so does SIGTERM,
  and Ctrl-C once where content comes through a pipe. Nothing half-written is left.

Examples:
  signpath sign setup.msi --timestamp http://tsa.example --timestamp https://other.example
  signpath sign setup.msi --policy my-app/release --certificates issuers.pem
    openssl cms -verify -binary -inform DER -in setup.msi.p7s -content setup.msi \\
      -CAfile root.pem -out verified.msi
  signpath sign setup.exe app.jar manual.pdf --in-place
  signpath sign "dist/**/*.{exe,dll}" --out signed/ --jobs 8
  signpath sign dist --recursive --format cms --out signatures/ --exclude "*.map"
  git ls-files -z | signpath sign --files-from - --null --out signatures/ --base-dir .
  signpath sign setup.msi --format raw
    signpath certificate | openssl x509 -pubkey -noout > key.pem
    openssl dgst -sha256 -verify key.pem -signature setup.msi.sig setup.msi
  signpath sign dist/* --journal dist.journal
    signpath sign --resume --journal dist.journal
  tar c dist | signpath sign - --out dist.tar.p7s`;

/** Does what the command says. */
type Act = (order: SignOrder) => Promise<void>;

export function registerSign(program: Command, session: Session): void {
  define(program, ({ files, flags }) =>
    session.perform(flags, async () => {
      const args = process.argv.slice(process.argv.indexOf("sign", 2) + 1);
      return signFiles(session, await complete({ files, flags, args }));
    }),
  );
}

/** `--resume` alone means the files and the options of the journal. */
async function complete(order: SignOrder): Promise<SignOrder> {
  const { files, flags, args } = order;
  if (files.length > 0 || flags.filesFrom !== undefined || !flags.resume) return order;
  const { recordedArguments } = await import("../sign/journal/recorded.js");
  const recorded = await recordedArguments(journalOf(flags) ?? "", args);
  let found: SignOrder | undefined;
  const program = new Command().exitOverride();
  define(program, async (each) => {
    found = { ...each, args: recorded };
  });
  await program.parseAsync(["sign", ...recorded], { from: "user" });
  if (found === undefined) throw usageError("the journal names no file");
  return found;
}

function define(program: Command, act: Act): void {
  const command = program
    .command("sign")
    .argument("[file...]", `files, patterns and directories to sign; ${STREAM} is stdin`)
    .summary("sign files")
    .description("Signs files. Each is hashed here; only the hash is sent.")
    .option("--policy <project/policy>", "whose key signs; default: the configured one")
    .addOption(
      new Option("--format <format>", "what to make; auto: by the file's name")
        .choices(["auto", ...FORMAT_NAMES])
        .default("auto"),
    )
    .addOption(
      new Option(
        "--hash <hash>",
        "of the content; sha256 unless given, for jws, pdf, jar and xml that of an EC key's curve",
      ).choices(Object.keys(HASHES)),
    )
    .addOption(
      new Option("--padding <padding>", "of an RSA signature; pkcs1 unless given").choices(["pkcs1", "pss"]),
    )
    .addOption(
      new Option("--ecdsa-format <form>", "of a raw EC signature; der unless given").choices(["der", "ieee"]),
    )
    .option(
      "--certificates <file>",
      "PEM or DER file with issuers to put into signatures, may be given more than once; default: those of SIGNPATH_CERTIFICATES",
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
    .option("--recursive", "sign the files in directories")
    .option("--exclude <pattern>", "names or paths not to sign; may be given more than once", collect)
    .option("--files-from <file>", `sign the files whose names are in this one, or with ${STREAM} in stdin`)
    .option("--null", "the names of --files-from end with a NUL")
    .option("--out <path>", `a file for one result, a directory for all, or ${STREAM} for stdout`)
    .option("--base-dir <directory>", "below --out, keep the path of each file from here on")
    .option("--in-place", "put the signature into the file, where its format has a place for it")
    .option("--jobs <n>", "files to sign at the same time", wholeNumber(1, 256), 16)
    .option("--no-progress", "no line that changes; default: where stderr is a terminal and CI is not set");
  addClientOptions(addJournalOptions(addFormatOptions(addCmsOptions(command))))
    .addHelpText("after", AFTER)
    .action((files: string[], flags: SignFlags) => act({ files, flags, args: [] }));
}
