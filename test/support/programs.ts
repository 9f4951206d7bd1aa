import { spawnSync } from "node:child_process";
import { accessSync, constants, existsSync } from "node:fs";
import { delimiter, join } from "node:path";

/**
 * The name of an independent verifier, a program that nobody here wrote; `.ci/run` installs their packages. stunnel and
 * tinyproxy are real servers: a terminator of TLS and a proxy; tmux has a real pseudo-terminal; c2pa-node is the folder of that package.
 */
export type Verifier =
  | "openssl"
  | "Bouncy Castle"
  | "stunnel"
  | "tinyproxy"
  | "JDK"
  | "jarsigner"
  | "osslsigncode"
  | "pdfsig"
  | "xmlsec1"
  | "git"
  | "gpgsm"
  | "python-jwt"
  | "python-cose"
  | "tmux"
  | "c2pa-node";

/** Bouncy Castle's classes, where Debian puts them. */
export const BOUNCY_CASTLE_JARS: readonly string[] = ["bcpkix", "bcprov", "bcutil"].map(
  (name) => `/usr/share/java/${name}.jar`,
);

/** Debian's own Python, which sees the modules of Debian's packages; one on the PATH may not. */
const PYTHON = "/usr/bin/python3";

/** Where each verifier is, if it is installed. Each is looked for when it is first asked for. */
export const verifiers: Readonly<Record<Verifier, string | undefined>> = lazily({
  openssl: () => locate("openssl"),
  "Bouncy Castle": () => (BOUNCY_CASTLE_JARS.every(existsSync) ? javaWithCompiler() : undefined),
  stunnel: () => locate("stunnel"),
  tinyproxy: () => locate("tinyproxy"),
  JDK: () => javaWithCompiler(),
  jarsigner: () => locate("jarsigner"),
  osslsigncode: () => locate("osslsigncode"),
  pdfsig: () => locate("pdfsig"),
  xmlsec1: () => locate("xmlsec1"),
  git: () => locate("git"),
  gpgsm: () => locate("gpgsm"),
  "python-jwt": () => pythonWith("jwt", "cryptography"),
  "python-cose": () => pythonWith("cbor2", "cryptography"),
  tmux: () => locate("tmux"),
  "c2pa-node": () => process.env["C2PA_NODE"] || undefined,
});

/** Java runs a source file only where its compiler is. */
function javaWithCompiler(): string | undefined {
  return locate("javac") ? locate("java") : undefined;
}

/** Python, if it can import the modules. */
function pythonWith(...modules: readonly string[]): string | undefined {
  if (!isExecutable(PYTHON)) return undefined;
  const { status } = spawnSync(PYTHON, ["-I", "-c", `import ${modules.join(", ")}`], { stdio: "ignore" });
  return status === 0 ? PYTHON : undefined;
}

function lazily<Name extends string>(
  finders: Readonly<Record<Name, () => string | undefined>>,
): Readonly<Record<Name, string | undefined>> {
  const found = new Map<string, string | undefined>();
  const properties = Object.entries<() => string | undefined>(finders).map(([name, find]) => {
    const get = (): string | undefined => {
      if (!found.has(name)) found.set(name, find());
      return found.get(name);
    };
    return [name, { enumerable: true, get }] as const;
  });
  return Object.defineProperties({} as Record<Name, string | undefined>, Object.fromEntries(properties));
}

function locate(program: string): string | undefined {
  const suffix = process.platform === "win32" ? ".exe" : "";
  const paths = (process.env["PATH"] ?? "").split(delimiter).map((folder) => join(folder, program + suffix));
  return paths.find(isExecutable);
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
