// No file speaks of the machine that it was written on: `node .ci/words.mjs` names each line that does.
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";

const ask = (file, ...args) =>
  execFileSync(file, args, { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] });
const registry = ask("npm", "config", "get", "registry").trim();

const lock = "package-lock.json";
// The classes of one letter keep this file from finding itself.
const patterns = [
  /(?<![\w.])[/](?:work|root)[/]/,
  /[/]tmp[/]bash/,
  /[.][.][/]shared\b/,
  /\bregistry[.][\w-]+[.](?:com|dev|io|net|org)\b/,
  ...(URL.canParse(registry) ? [literal(new URL(registry).host)] : []),
];

const list = ["ls-files", "--cached", "--others", "--exclude-standard", "--deduplicate", "-z"];
const files = ask("git", "-c", "safe.directory=*", ...list).split("\0");
const found = files.filter(Boolean).flatMap((path) => {
  const unwanted = path === lock ? [/"resolved": "http/] : patterns;
  return read(path).flatMap((line, index) =>
    unwanted.some((pattern) => pattern.test(line)) ? [`${path}:${index + 1} ${line.trim()}`] : [],
  );
});

for (const line of found) console.error(line);
if (found.length > 0) process.exitCode = 1;
else console.log(`words: ${files.length - 1} files, none speaks of this machine or of a registry`);

/** The lines of a text file; none if it is not text or was deleted. */
function read(path) {
  try {
    const text = readFileSync(path, "utf8");
    return text.includes("\0") ? [] : text.split("\n");
  } catch (error) {
    if (error.code === "ENOENT") return [];
    throw error;
  }
}

function literal(text) {
  return new RegExp(text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"));
}
