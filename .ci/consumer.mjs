// The package as its users get it: packed, installed into empty folders, imported, compiled, run.
// `node .ci/consumer.mjs examples` runs nothing but the examples.
import { execFile, spawn } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { promisify } from "node:util";

const compilers = ["5.9", "7"];
const options =
  "--target es2023 --lib es2023,dom --module nodenext --types node --strict --skipLibCheck false".split(" ");

/** What package.json's `exports` promise. */
const promised = {
  ".": {
    values: ["SignPath", "SignPathCryptoKey", "SignPathError", "crypto", "subtle"],
    types: ["SignPathErrorCode", "SignPathOptions", "SigningPolicy"],
  },
  "./cms": { values: ["signCms"], types: [] },
  "./pkijs": { values: ["createEngine", "policyCertificate"], types: [] },
  "./emulator": { values: ["startEmulator"], types: ["Emulator", "EmulatorOptions"] },
};

/** Examples that do not run without an argument. */
const exampleArguments = { "sign-file-cms.mjs": ["package.json"] };

const manifest = JSON.parse(readFileSync("package.json", "utf8"));
/** What examples import that does not come with the package. */
const examplePackages = ["@opentelemetry/api", "@opentelemetry/sdk-trace-base"].map(
  (name) => `${name}@${manifest.devDependencies[name]}`,
);
const entries = Object.entries(promised).map(([path, names]) => ({
  ...names,
  from: manifest.name + path.slice(1),
}));
const root = mkdtempSync(join(tmpdir(), "signpath-consumer-"));
let failures = 0;

try {
  if (process.argv[2] === "examples")
    await runExamples(await install(await pack(), "examples", examplePackages));
  else await checkAll();
} finally {
  rmSync(root, { recursive: true, force: true });
}
if (failures > 0) {
  console.error(`consumer: ${failures} failed`);
  process.exitCode = 1;
}

async function checkAll() {
  await step("every export is on the list", () => {
    const listed = [...Object.keys(promised), "./package.json"].sort().join();
    const exported = Object.keys(manifest.exports).sort().join();
    if (listed !== exported) throw new Error(`package.json exports ${exported}, the list says ${listed}`);
  });
  const tarball = await pack();
  const folders = [];
  for (const version of compilers) {
    const packages = [`typescript@${version}`, "@types/node@20", ...examplePackages];
    folders.push(await install(tarball, `typescript-${version}`, packages));
  }
  const [first] = folders;
  await Promise.all([
    useIt(first).then(() => runExamples(first)),
    ...folders.map((folder, index) => compile(folder, compilers[index])),
  ]);
}

async function pack() {
  await run("npm", ["pack", "--silent", "--pack-destination", root]);
  return join(root, readdirSync(root)[0]);
}

async function install(tarball, name, packages = []) {
  const folder = join(root, name);
  mkdirSync(folder);
  writeFileSync(join(folder, "package.json"), JSON.stringify({ private: true, type: "module" }));
  await run("npm", ["install", "--no-audit", "--no-fund", "--silent", tarball, ...packages], folder);
  return folder;
}

async function useIt(folder) {
  for (const { from, values } of entries) {
    await step(`import ${from}`, async () => {
      const { stdout } = await evaluate(`console.log(Object.keys(await import("${from}")).join())`, folder);
      const missing = values.filter((name) => !stdout.trim().split(",").includes(name));
      if (missing.length > 0) throw new Error(`it lacks ${missing.join(", ")}; it has ${stdout}`);
    });
  }
  await step(`require ${manifest.name}/package.json`, () => {
    const load = `import { createRequire } from "node:module"; createRequire(import.meta.url)`;
    return evaluate(`${load}("${manifest.name}/package.json")`, folder);
  });
  await step("signpath --version", async () => {
    const { stdout } = await run(join(folder, "node_modules/.bin/signpath"), ["--version"], folder);
    if (stdout.trim() !== manifest.version) throw new Error(`it says ${stdout}`);
  });
  await step(`npx --no-install ${manifest.name} --help`, async () => {
    const { stdout } = await run("npx", ["--no-install", manifest.name, "--help"], folder);
    if (!/\bsign\b/.test(stdout)) throw new Error(`it says ${stdout}`);
  });
  await step("the README's example against the installed emulator", async () => {
    const example = readExample();
    const path = join(folder, `example.${example.language}`);
    writeFileSync(path, example.source);
    if (example.language === "ts")
      await run("npx", ["--no-install", "tsc", ...options, "example.ts"], folder);
    const { environment, stop } = await startEmulator(folder);
    try {
      const { stdout } = await run(process.execPath, ["example.js"], folder, environment);
      console.log(stdout.trim().replace(/^/gm, "  "));
    } finally {
      await stop();
    }
  });
}

async function runExamples(folder) {
  cpSync("examples", join(folder, "examples"), { recursive: true });
  const { environment, stop } = await startEmulator(folder);
  try {
    for (const name of readdirSync("examples").filter((file) => file.endsWith(".mjs"))) {
      const args = [`examples/${name}`, ...(exampleArguments[name] ?? [])];
      await step(`node ${args.join(" ")}`, () => run(process.execPath, args, folder, environment));
    }
  } finally {
    await stop();
  }
}

async function compile(folder, version) {
  await step(`types under TypeScript ${version}`, async () => {
    const lines = entries.flatMap(({ from, values, types }, index) => [
      `import * as values${index} from "${from}";`,
      `import type * as types${index} from "${from}";`,
      ...values.map((name) => `export const value${index}${name}: unknown = values${index}.${name};`),
      ...types.map((name) => `export type Type${index}${name} = types${index}.${name};`),
    ]);
    writeFileSync(join(folder, "consumer.ts"), lines.join("\n"));
    await run("npx", ["--no-install", "tsc", ...options, "--noEmit", "consumer.ts"], folder);
  });
}

/** The block below `<!-- example: … -->`, or else the first block of JavaScript or TypeScript. */
function readExample() {
  const readme = readFileSync("README.md", "utf8");
  const marked = readme.slice(Math.max(readme.search(/^<!-- example\b/m), 0));
  const [, language, source] = /^```(js|ts)\n(.*?)^```$/ms.exec(marked) ?? [];
  if (source === undefined) throw new Error("README.md has no ```js or ```ts block");
  return { language, source };
}

async function startEmulator(folder) {
  const child = spawn(join(folder, "node_modules/.bin/signpath"), ["emulator", "--json"], {
    cwd: folder,
    env: cleanEnvironment(),
    stdio: ["ignore", "pipe", "inherit"],
  });
  const ended = new Promise((resolve) => child.on("close", resolve));
  const line = new Promise((resolve) => createInterface({ input: child.stdout }).once("line", resolve));
  const stop = () => child.kill() && ended;
  const first = await Promise.race([line, ended]);
  if (typeof first !== "string") throw new Error(`signpath emulator ended with status ${first}`);
  const { environment } = JSON.parse(first);
  if (typeof environment !== "object") {
    await stop();
    throw new Error(`signpath emulator --json names no environment: ${first}`);
  }
  return { environment, stop };
}

async function step(name, body) {
  try {
    await body();
    console.log(`consumer: ${name}: ok`);
  } catch (error) {
    failures += 1;
    console.error(`consumer: ${name}: failed\n${error.stdout ?? ""}${error.stderr ?? ""}${error.message}`);
  }
}

function evaluate(source, folder) {
  return run(process.execPath, ["--input-type=module", "--eval", source], folder);
}

function run(file, args, cwd, environment) {
  const env = { ...cleanEnvironment(), ...environment };
  return promisify(execFile)(file, args, { cwd, env, timeout: 300_000 });
}

/** The shell's variables, without those that would lead to the service. */
function cleanEnvironment() {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^signpath_/i.test(name)));
}
