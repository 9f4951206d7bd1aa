// The package as its users get it: packed, installed into empty folders, imported, compiled, run.
// `node .ci/consumer.mjs examples` runs nothing but the examples. What was tried stays in the folder that PACKED names.
import { execFile, spawn } from "node:child_process";
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { promisify } from "node:util";
import { examplePackages, readExamples } from "./examples.mjs";
import { exportedNames } from "./exported-names.mjs";

const compilers = ["5.9", "7"];
const options =
  "--target es2023 --lib es2023,dom --module nodenext --types node --strict --skipLibCheck false".split(" ");

const manifest = JSON.parse(readFileSync("package.json", "utf8"));
const packages = examplePackages("examples", manifest);
const root = mkdtempSync(join(tmpdir(), "signpath-consumer-"));
let failures = 0;

try {
  if (process.argv[2] === "examples") await runExamples(await install(await pack(), "examples", packages));
  else await checkAll();
} finally {
  rmSync(root, { recursive: true, force: true });
}
if (failures > 0) {
  console.error(`consumer: ${failures} failed`);
  process.exitCode = 1;
}

async function checkAll() {
  const tarball = await pack();
  const folders = [];
  for (const version of compilers) {
    const compiler = [`typescript@${version}`, "@types/node@20"];
    folders.push(await install(tarball, `typescript-${version}`, [...compiler, ...packages]));
  }
  const [first] = folders;
  const alone = [];
  for (const version of compilers)
    alone.push(await install(tarball, `alone-${version}`, [`typescript@${version}`, "@types/node@20"]));
  await useItAlone(alone[0]);
  await Promise.all([
    useIt(first).then(() => runExamples(first)),
    ...folders.map((folder, index) => compile(folder, compilers[index])),
    ...alone.map((folder, index) => compile(folder, `${compilers[index]}, no toolkit installed`)),
  ]);
}

/** As those have it who use none of the toolkits. */
async function useItAlone(folder) {
  await step("no toolkit comes with the package unless asked for", () => {
    const present = Object.keys(manifest.peerDependencies).filter((name) =>
      existsSync(join(folder, "node_modules", name)),
    );
    if (present.length > 0) throw new Error(`it brings ${present.join(", ")}`);
  });
  for (const { from } of entriesOf(folder))
    await step(`import ${from}, no toolkit installed`, () => evaluate(`await import("${from}")`, folder));
}

async function pack() {
  await run("npm", ["pack", "--silent", "--pack-destination", root]);
  const [name] = readdirSync(root);
  if (process.env.PACKED) cpSync(join(root, name), join(process.env.PACKED, name));
  return join(root, name);
}

async function install(tarball, name, packages = []) {
  const folder = join(root, name);
  mkdirSync(folder);
  writeFileSync(join(folder, "package.json"), JSON.stringify({ private: true, type: "module" }));
  await run("npm", ["install", "--no-audit", "--no-fund", "--silent", tarball, ...packages], folder);
  return folder;
}

/** The modules that `exports` of package.json names, with the names that their declarations promise. */
function entriesOf(folder) {
  return Object.entries(manifest.exports)
    .filter(([, target]) => target.types !== undefined)
    .map(([path, { types }]) => ({
      from: manifest.name + path.slice(1),
      ...exportedNames(join(folder, "node_modules", manifest.name, types)),
    }));
}

async function useIt(folder) {
  for (const { from, values } of entriesOf(folder)) {
    await step(`import ${from}`, async () => {
      if (values.length === 0) throw new Error("its declarations name no value");
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
  await step("signpath-notation get-plugin-metadata", async () => {
    const plugin = join(folder, "node_modules/.bin/signpath-notation");
    const { version } = JSON.parse((await run(plugin, ["get-plugin-metadata"], folder)).stdout);
    if (version !== manifest.version) throw new Error(`it says ${version}`);
  });
  await step("sigstore-kms-signpath", async () => {
    const ended = run(join(folder, "node_modules/.bin/sigstore-kms-signpath"), ["2", "{}"], folder);
    const { stdout, code } = await ended.catch((error) => error);
    if (code !== 1 || !/protocol version/.test(JSON.parse(stdout).errorMessage)) throw new Error(stdout);
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
    for (const { name, args } of readExamples("examples")) {
      const command = [`examples/${name}`, ...args];
      await step(`node ${command.join(" ")}`, () => run(process.execPath, command, folder, environment));
    }
  } finally {
    await stop();
  }
}

async function compile(folder, version) {
  await step(`types under TypeScript ${version}`, async () => {
    const lines = entriesOf(folder).flatMap(({ from, values, types }, index) => [
      `import * as values${index} from "${from}";`,
      ...values.map((name) => `export const value${index}${name}: unknown = values${index}.${name};`),
      `export type { ${types.map((name) => `${name} as Type${index}${name}`).join(", ")} } from "${from}";`,
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
