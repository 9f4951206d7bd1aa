// Whether this commit can be released: `node .ci/release.mjs [tag]` names what is in the way.
// `--notes` prints what CHANGELOG.md says of the version, `--name` the package with its version, `--dist-tag` the tag that npm shall know it by.
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";

const { values, positionals } = parseArgs({
  options: { notes: { type: "boolean" }, name: { type: "boolean" }, "dist-tag": { type: "boolean" } },
  allowPositionals: true,
});
const manifest = json("package.json");
const { version } = manifest;
/** Semantic Versioning, without build metadata, which npm drops. */
const semantic =
  /^(?:0|[1-9]\d*)\.(?:0|[1-9]\d*)\.(?:0|[1-9]\d*)(?<before>-[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*)?$/;
const sections = changelogSections();
const section = sections.find(({ name }) => name === version);

if (values.notes) console.log(section?.text ?? "");
else if (values.name) console.log(`${manifest.name}@${version}`);
else if (values["dist-tag"]) console.log(semantic.exec(version)?.groups.before ? "next" : "latest");
else report();

function report() {
  const problems = [
    ...versionProblems(),
    ...changelogProblems(),
    ...repositoryProblems(),
    ...treeProblems(positionals[0]),
  ];
  for (const problem of problems) console.error(`release: ${problem}`);
  if (problems.length > 0) process.exitCode = 1;
  else console.log(`release: ${manifest.name} ${version} of ${section.date} is ready`);
}

function versionProblems() {
  const locked = json("package-lock.json");
  return [
    ...(semantic.test(version) ? [] : [`${version} in package.json is no version`]),
    ...(manifest.private ? ["package.json is private"] : []),
    ...[locked.version, locked.packages?.[""]?.version]
      .filter((each) => each !== version)
      .slice(0, 1)
      .map((each) => `package-lock.json says ${each}, package.json ${version}: npm install`),
  ];
}

function changelogProblems() {
  if (section === undefined) return [`CHANGELOG.md has no section "## ${version} - YYYY-MM-DD"`];
  const unreleased = sections.find(({ name }) => name === "Unreleased");
  const newest = sections.find(({ name }) => name !== "Unreleased");
  return [
    ...dateProblems(section.date),
    ...(/^- \S/m.test(section.text) ? [] : [`CHANGELOG.md has nothing to say about ${version}`]),
    ...(newest === section ? [] : [`${newest.name} stands before ${version} in CHANGELOG.md`]),
    ...(unreleased?.text ? ["CHANGELOG.md has changes under Unreleased: are they in this version?"] : []),
  ];
}

function dateProblems(date) {
  const time = Date.parse(`${date}T00:00:00Z`);
  const isDate = /^\d{4}-\d{2}-\d{2}$/.test(date) && !Number.isNaN(time);
  if (!isDate || new Date(time).toISOString().slice(0, 10) !== date)
    return [`${date || "nothing"} in CHANGELOG.md is no date`];
  // Somewhere it is tomorrow already.
  return time > Date.now() + 14 * 3_600_000 ? [`${date} in CHANGELOG.md is in the future`] : [];
}

/** npm's provenance says where the package was built; it must be where package.json says. */
function repositoryProblems() {
  const { repository } = manifest;
  const url = typeof repository === "string" ? repository : repository?.url;
  if (!url) return ["package.json has no repository, which provenance is about"];
  const { GITHUB_SERVER_URL: server, GITHUB_REPOSITORY: name } = process.env;
  const here = name && `${server ?? "https://github.com"}/${name}`;
  const there = url
    .replace(/^git\+/, "")
    .replace(/\.git$/, "")
    .replace(/^github:/, "https://github.com/");
  return here && there.toLowerCase() !== here.toLowerCase()
    ? [`package.json names ${there}, but this is ${here}`]
    : [];
}

function treeProblems(tag) {
  const changed = git("status", "--porcelain").split("\n").filter(Boolean);
  const problems =
    changed.length === 0 ? [] : [`not committed: ${changed.map((line) => line.slice(3)).join(", ")}`];
  if (tag === undefined) return problems;
  if (tag !== `v${version}`)
    return [...problems, `the tag is ${tag}, the version ${version}: it must be v${version}`];
  const [head, tagged] = [
    git("rev-parse", "HEAD"),
    git("rev-parse", "--quiet", "--verify", `${tag}^{commit}`),
  ];
  if (tagged === "") return [...problems, `there is no tag ${tag}`];
  return head === tagged ? problems : [...problems, `${tag} is another commit than this one`];
}

/** @returns {{ name: string, date: string, text: string }[]} newest first */
function changelogSections() {
  const [, ...parts] = readFileSync("CHANGELOG.md", "utf8").split(/^## /m);
  return parts.map((part) => {
    const [heading, ...lines] = part.split("\n");
    const [, name = heading.trim(), date = ""] = /^\[?([^\s\]]+)\]?(?: - (.*\S))?\s*$/.exec(heading) ?? [];
    return { name, date, text: lines.join("\n").trim() };
  });
}

function git(...args) {
  const settings = { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] };
  try {
    return execFileSync("git", ["-c", "safe.directory=*", ...args], settings).trimEnd();
  } catch {
    return "";
  }
}

function json(path) {
  return JSON.parse(readFileSync(path, "utf8"));
}
