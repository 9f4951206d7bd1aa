import { VERSION } from "../../../base/version.js";

/** What a job of a platform is made from; each was checked for what the platforms and their shells would take for more. */
export interface RecipeFacts {
  /** Configuration file, from the root of the repository. */
  readonly configFile: string;
  /** What is signed: a path with `*` and `?`. */
  readonly files: string;
  /** Files with the issuers of the policy's certificate, which are in the repository. */
  readonly certificates: readonly string[];
  readonly timestamps: readonly string[];
  /** Whether `signpath sign` has a journal. */
  readonly journal: boolean;
}

/** A job of one platform. */
export interface Recipe {
  readonly text: string;
  /** Where `--write` puts it. */
  readonly path: string;
  /** What is left to a person, line by line. */
  readonly todo: readonly string[];
}

/** Of Node, in all recipes. */
export const NODE_MAJOR = 24;

/** Of a whole job, in minutes. */
export const TIMEOUT_MINUTES = 30;

/** Where signatures go. */
export const FOLDER = "signatures";

/** The same version each time. */
export const INSTALL: string = `npm install --global --no-audit --no-fund signpath-webcrypto@${VERSION}`;

/** For all platforms the same words on top. */
export function heading(comment: string, secret: string): string {
  return [`Signs with SignPath what was built. Made by signpath init, signpath-webcrypto ${VERSION}.`, secret]
    .map((line) => `${comment} ${line}\n`)
    .join("");
}

/** What is signed is remembered there, where the platform keeps it for another attempt. */
export const JOURNAL: string = `${FOLDER}/.journal`;

/** Commands that make one signature for each file. */
export function signCommands({ files, journal }: RecipeFacts): readonly string[] {
  const sign = `signpath sign ${files} --format cms --out ${FOLDER}/`;
  return journal ? [`mkdir -p ${FOLDER}`, `${sign} --journal ${JOURNAL}`] : [sign];
}

/** Commands for a POSIX shell that check each signature. Without issuers, the policy's own certificate is trusted. */
export function verifyCommands({ files, certificates }: RecipeFacts): readonly string[] {
  const roots = certificates.length === 0 ? ["signer.pem"] : certificates;
  return [
    ...(certificates.length === 0 ? ["signpath certificate --out signer.pem"] : []),
    `for file in ${files}; do`,
    `  signpath verify "$file" --signature "${FOLDER}/\${file##*/}.p7s" ${roots.map((root) => `--root "${root}"`).join(" ")}`,
    "done",
  ];
}

/** The policy's certificate is fetched with it. */
export function verificationNeedsToken({ certificates }: RecipeFacts): boolean {
  return certificates.length === 0;
}

/** Settings that are no secret. */
export function variables({
  configFile,
  certificates,
  timestamps,
}: RecipeFacts): readonly (readonly [string, string])[] {
  return [
    ["SIGNPATH_CONFIG_FILE", configFile],
    ...(certificates.length === 0 ? [] : [["SIGNPATH_CERTIFICATES", certificates.join(":")] as const]),
    ...(timestamps.length === 0 ? [] : [["SIGNPATH_TIMESTAMP_URLS", timestamps.join(" ")] as const]),
  ];
}

/** Commands as the value of a YAML key: in its line, or each in one below it. */
export function yamlCommands(blanks: number, commands: readonly string[]): string {
  return commands.length === 1 ? ` ${commands[0]}\n` : ` |\n${indented(blanks, commands)}`;
}

/** Lines with some blanks before them. */
export function indented(blanks: number, lines: readonly string[]): string {
  return lines.map((line) => `${" ".repeat(blanks)}${line}\n`).join("");
}

/** As YAML takes it, whatever stands in it. */
export function yamlVariables(blanks: number, facts: RecipeFacts): string {
  return indented(
    blanks,
    variables(facts).map(([name, value]) => `${name}: ${JSON.stringify(value)}`),
  );
}
