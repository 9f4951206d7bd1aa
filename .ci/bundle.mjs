// The command line and its plugins in few files, of what `tsc` has made: to load a hundred small files takes Node longer than to sign.
// They are CommonJS, which Node loads faster than ES modules, and what `signpath sign` does not need stands apart.
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, relative, sep } from "node:path";
import { rolldown } from "rolldown";

const folder = "dist/bin";
/**
 * These are part of the files, so that a release of undici, of which the client is here, needs a release of this package.
 * All of undici, for proxies, and the other packages are loaded from where they are installed.
 */
const bundled = /^(commander|valibot|undici\/lib|fast-string-truncated-width)(\/|$)/;
/** The client of undici without HTTP/2 and without bodies of `fetch`, neither of which we use. */
const unused = ["lib/dispatcher/client-h2.js", "lib/web/fetch/body.js"];

/**
 * Modules of Node that take their time to load, and that the packages load for what `signpath` does not do, or for one number:
 * what stands in their place, by the end of the file's path.
 */
const seldomNeeded = {
  "commander/lib/command.js": {
    // For subcommands that are programs of their own.
    "require('node:child_process')": "{ spawn: (...args) => require('node:child_process').spawn(...args) }",
  },
  "undici/lib/core/util.js": {
    // To tell a request's body that is an answer of Node's: ours are bytes.
    "require('node:http')": "{}",
  },
  "undici/lib/dispatcher/client.js": {
    // For the longest header that is read, which has an option of Node's.
    "require('node:http')":
      "/max[-_]http[-_]header[-_]size/.test([process.execArgv, process.env.NODE_OPTIONS]) ? require('node:http') : { maxHeaderSize: 16384 }",
  },
};

/** The one file that loads undici. */
const loader = "dist/api/transport/undici.js";

const groups = [
  { name: "start", test: /[\\/]dist[\\/]cli[\\/]shell[\\/](compile-cache|wasm-tiering)\.js$/, priority: 4 },
  {
    name: "cli",
    test: /[\\/]dist[\\/](cli[\\/](errors[\\/](advice|cli-error|exit-codes|describe)|shell[\\/](output|style)|certificates[\\/]certificate-files|sign[\\/]timestamps)|policy[\\/]issuers)\.js$/,
    priority: 3,
  },
  // What the worker of journals has in common with the program stays with that.
  {
    name: "process",
    test: /[\\/]dist[\\/]cli[\\/](program|client|arguments|shell[\\/](process|session|interruption|duration|table)|certificates[\\/]certificate-text|sign[\\/][\w-]+|sign[\\/]journal[\\/]flags)\.js$/,
    priority: 2,
  },
  { name: "base", test: /[\\/]dist[\\/](base|wire)[\\/]/, priority: 3 },
  { name: "llhttp", test: /[\\/]llhttp[\\/].*wasm\.js$/, priority: 2 },
  { name: "undici", test: /[\\/]node_modules[\\/]undici[\\/]/, priority: 1 },
  {
    name: "client",
    test: /[\\/](valibot|dist[\\/](config|api(?![\\/]transport[\\/](outside|fixed-pace|public-address)\.js)|policy|key|subtle[\\/][\w-]+\.js|signpath\.js|session\.js))/,
  },
];

const bundle = await rolldown({
  input: {
    main: "dist/cli/main.js",
    "sign-worker": "dist/cli/sign/worker/main.js",
    "signpath-git": "dist/cli/plugins/git/main.js",
    "signpath-notation": "dist/cli/plugins/notation/main.js",
    "sigstore-kms-signpath": "dist/cli/plugins/sigstore-kms/main.js",
  },
  platform: "node",
  external: (name) => !/^[./\\\0]|^\w:/.test(name) && !bundled.test(name),
  plugins: [{ name: "undici", resolveId: leaveOut, load }],
});
const { output } = await bundle.write({
  dir: folder,
  format: "cjs",
  comments: { legal: true, jsdoc: false, annotation: false },
  entryFileNames: "[name].js",
  // As deep as dist/cli/demo, which finds main.js and README.md from where it stands.
  chunkFileNames: "chunks/[name].js",
  codeSplitting: { groups },
});
const withClient = output.some((chunk) =>
  Object.keys(chunk.modules ?? {}).some((id) => id.includes("client-h1")),
);
if (!withClient) throw new Error(`undici's client is not in the bundle: is it still loaded by ${loader}?`);
writeFileSync(join(folder, "package.json"), `${JSON.stringify({ type: "commonjs" })}\n`);
writeFileSync(join(folder, "LICENSES.txt"), licences());

async function leaveOut(name, importer, options) {
  if (!importer?.includes("undici")) return undefined;
  const resolved = await this.resolve(name, importer, { ...options, skipSelf: true });
  const path = resolved?.id.split(sep).join("/");
  return unused.some((file) => path?.endsWith(`/undici/${file}`)) ? "\0unused" : undefined;
}

/** With a name that is written out, the client is put into the bundle, whatever release of undici is installed. */
function load(id) {
  if (id === "\0unused") return "module.exports = undefined;";
  const path = id.split(sep).join("/");
  for (const [file, replacements] of Object.entries(seldomNeeded)) {
    if (path.endsWith(`/node_modules/${file}`)) return replaced(path, replacements);
  }
  if (relative(".", id).split(sep).join("/") !== loader) return undefined;
  return `
    import { createRequire } from "node:module";
    const requireInstalled = createRequire(import.meta.url);
    export const loadUndici = () => requireInstalled("undici");
    export const loadClient = () => ({
      Client: require("undici/lib/dispatcher/client.js"),
      buildConnector: require("undici/lib/core/connect.js"),
    });`;
}

function replaced(path, replacements) {
  let code = readFileSync(path, "utf8");
  for (const [text, replacement] of Object.entries(replacements)) {
    if (code.split(text).length !== 2)
      throw new Error(`${path} does not have ${text} once: what loads it now?`);
    code = code.replace(text, () => replacement);
  }
  return code;
}

/** The texts that the licences of the bundled packages ask to be kept. */
function licences() {
  const modules = output.flatMap((chunk) => Object.keys(chunk.modules ?? {}));
  const packages = modules.flatMap((id) => /^.*node_modules[\\/][\w-]+/.exec(id) ?? []);
  const texts = [...new Set(packages)].sort().map((path) => {
    const file = readdirSync(path).find((name) => /^licen[cs]e/i.test(name));
    const { name, version } = JSON.parse(readFileSync(join(path, "package.json"), "utf8"));
    if (file === undefined) throw new Error(`${name} has no text of its licence`);
    return `${name} ${version}\n\n${readFileSync(join(path, file), "utf8").trim()}\n`;
  });
  return texts.join(`\n${"-".repeat(80)}\n\n`);
}
