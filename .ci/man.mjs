// The manual pages, from the command line's own tree: `node .ci/man.mjs`, after `tsc`, writes them into dist/man.
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { VERSION } from "../dist/base/version.js";
import { commandFacts } from "../dist/cli/help/command-tree.js";
import { HELP as GIT_HELP } from "../dist/cli/plugins/git/help.js";
import { makeProgram } from "../dist/cli/program.js";
import { Session } from "../dist/cli/shell/session.js";
import { SETTINGS } from "../dist/config/settings.js";
import { page, paragraphs, roff, section, subsection, tagged, verbatim } from "./roff.mjs";

const folder = "dist/man";
/** Of the release, as CHANGELOG.md has it; before that, today. */
const [, date = new Date().toISOString().slice(0, 10)] =
  new RegExp(`^## .*${VERSION.replaceAll(".", "\\.")}.*(\\d{4}-\\d\\d-\\d\\d)`, "m").exec(
    readFileSync("CHANGELOG.md", "utf8"),
  ) ?? [];

/** What each setting is; one without words fails the build. */
const MEANINGS = {
  organizationId: "Id of the organization, a UUID. Required.",
  apiToken: "API token of a submitter. Required, and no option, where others could read it.",
  apiUrl: "Address of the API. Default: https://app.signpath.io/Api.",
  projectSlug: "Project of the default signing policy.",
  signingPolicySlug: "The default signing policy.",
  route: "How a hash gets to the service: auto, fast, sign-hash or asynchronous. Default: auto.",
  checkValidity: "Whether a certificate that has expired or is not yet valid is refused. Default: true.",
  maxConcurrency: "Requests in flight at once. Default: 64.",
  retryAmbiguous: "Whether a signing request whose fate is unknown is repeated. Default: true.",
  allowInsecureHttp:
    "Whether the token may be sent over plain http. Default: false; this machine needs none.",
  requestTimeoutMs: "Time limit of one attempt, in seconds. Default: 30.",
  totalTimeoutMs: "Time limit of a request with all its attempts, in seconds. Default: 600.",
  firstRetryDelayMs: "Delay before the first repetition, in seconds.",
  maxRetries: "Repetitions at most.",
  tlsCa: "PEM file with certificate authorities to trust beside those of Node.js.",
  tlsClientCertificate: "PEM or PFX file with a client certificate.",
  tlsClientKey: "PEM file with its key.",
  tlsClientPassphrase: "Passphrase of the key or the PFX file.",
};

/** Variables that are no setting of a client. */
const MORE = [
  ["SIGNPATH_CONFIG_FILE", "The JSON configuration file."],
  [
    "SIGNPATH_CERTIFICATES",
    "PEM files with the issuers of the policy's certificate, between them what PATH has.",
  ],
  ["SIGNPATH_TIMESTAMP_URLS", "Timestamp authorities, with spaces between them."],
  ["HTTPS_PROXY, HTTP_PROXY, NO_PROXY", "Proxies, as everywhere. HttpProxy in the configuration file."],
  ["SIGNPATH_DEBUG", "Where an error comes from is shown, if this is set."],
  ["NODE_DEBUG", "With signpath, each step of each request is told."],
];

const FILES = [
  [
    "signpath.json",
    "What signpath init writes: settings by their names in the file. It should hold no token.",
  ],
  ["FILE.p7s, FILE.sig", "Signatures of FILE. Each appears whole or not at all."],
];

const program = commandFacts(makeProgram(new Session()));
const commands = program.commands.filter(({ name }) => name !== "help");
mkdirSync(folder, { recursive: true });
writeFileSync(`${folder}/signpath.1`, signpathPage());
writeFileSync(`${folder}/signpath-git.1`, gitPage());

function signpathPage() {
  const [before, blocks] = split(program.after);
  const block = (start) => blocks.find(({ heading }) => heading.startsWith(start))?.lines ?? [];
  return page({ name: "signpath", date, version: VERSION }, [
    section("NAME", [`signpath \\- ${roff("sign files with a key that stays in SignPath")}`]),
    section(
      "SYNOPSIS",
      commands.flatMap(({ usage }) => [".PP", `\\fB${roff(usage)}\\fR`]),
    ),
    section("DESCRIPTION", [...paragraphs(program.description), ...paragraphs(before)]),
    section("COMMANDS", commands.flatMap(commandLines)),
    section("ENVIRONMENT", [...settingLines(), ...MORE.flatMap(([name, words]) => tagged(name, words))]),
    section(
      "FILES",
      FILES.flatMap(([name, words]) => tagged(name, words)),
    ),
    section("EXIT STATUS", verbatim(block("Exit codes"))),
    section("EXAMPLES", verbatim(block("Examples"))),
    section("SEE ALSO", [".BR signpath\\-git (1),", ".BR openssl\\-cms (1)"]),
  ]);
}

function commandLines({ usage, description, arguments: args, options, after }) {
  const headings = new Set(options.map(({ heading }) => heading));
  const [before, blocks] = split(after);
  return subsection(usage, [
    ...paragraphs(description),
    ...args.flatMap((argument) => tagged(argument.usage, argument.description + choicesText(argument))),
    ...[...headings].flatMap((heading) => [
      ...(headings.size > 1 ? [".PP", `\\fI${roff(heading)}\\fR`] : []),
      ...options.filter((option) => option.heading === heading).flatMap(optionLines),
    ]),
    ...paragraphs(before),
    ...blocks.flatMap(({ heading, lines }) => [".PP", roff(heading), ...verbatim(lines)]),
  ]);
}

function optionLines(option) {
  const { short, long, placeholder, description, defaultValue } = option;
  const names = [...(short === undefined || short === long ? [] : [short]), long].join(", ");
  const initial = defaultValue === undefined ? "" : ` Default: ${defaultValue}.`;
  return tagged(
    placeholder === undefined ? names : `${names} ${placeholder}`,
    `${description}.${choicesText(option)}${initial}`,
  );
}

function choicesText({ choices }) {
  return choices.length === 0 ? "" : ` One of: ${choices.join(", ")}.`;
}

function settingLines() {
  return Object.entries(SETTINGS).flatMap(([name, { variables, file }]) => {
    if (variables.length === 0) return [];
    const words = MEANINGS[name];
    if (words === undefined) throw new Error(`.ci/man.mjs does not say what the setting ${name} is`);
    const inFile = file.length === 0 ? "" : ` In the file: ${file.map((place) => place.name).join(", ")}.`;
    return tagged(variables.map((place) => place.name).join(", "), words + inFile);
  });
}

/** The paragraphs of a help text, and its blocks: a line that ends in a colon, and indented lines below it. */
function split(text) {
  const blocks = [];
  const rest = [];
  let current;
  for (const line of text.split("\n")) {
    if (/^ /.test(line) && current !== undefined) current.lines.push(line.slice(2));
    else if (/^\S.*:$/.test(line)) {
      current = { heading: line, lines: [] };
      blocks.push(current);
    } else if (line !== "" || current === undefined) {
      current = undefined;
      rest.push(line);
    }
  }
  // A sentence that goes on to a colon is a paragraph as well.
  for (const block of blocks) if (block.lines.length === 0) rest.push(block.heading);
  return [rest.join("\n"), blocks.filter(({ lines }) => lines.length > 0)];
}

function gitPage() {
  const [first = "", ...lines] = GIT_HELP.trimEnd().split("\n");
  return page({ name: "signpath-git", date, version: VERSION }, [
    section("NAME", [`signpath\\-git \\- ${roff("sign commits and tags with keys that stay in SignPath")}`]),
    section("DESCRIPTION", [...paragraphs(first), ...verbatim(lines)]),
    section("SEE ALSO", [".BR signpath (1),", ".BR git\\-config (1)"]),
  ]);
}
