import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";
import type { Context } from "../context.js";
import type { Finding } from "../finding.js";
import { ok, warning } from "../finding.js";

/** From where the bundle's chunks stand, and from where this file does in the library's folder: both are three deep. */
const MANIFEST = new URL("../../../package.json", import.meta.url);
const FROM_SOURCES = new URL("../../../../package.json", import.meta.url);

/** The toolkits that `sign` would find. */
export async function checkPeers({ folder }: Pick<Context, "folder">): Promise<Finding[]> {
  const wanted = Object.entries(await peers());
  const installed = await Promise.all(
    wanted.map(async ([name, range]) => ({ name, range, version: await versionOf(name, folder) })),
  );
  const found = installed.flatMap(({ version, ...peer }) =>
    version === undefined ? [] : [{ ...peer, version }],
  );
  const details = { packages: Object.fromEntries(found.map(({ name, version }) => [name, version])) };
  const list = found.map(({ name, version }) => `${name} ${version}`).join(", ");
  const said =
    found.length === 0
      ? "none is installed with signpath; --format jar, pdf and xml need theirs, the others need none"
      : list;
  return [
    ok(said, details),
    ...found
      .filter(({ range, version }) => !satisfies(version, range))
      .map(({ name, version, range }) =>
        warning(
          "PEER_TOO_OLD",
          `${name} ${version} is not what this package works with: ${range}`,
          `Install ${name}@"${range}".`,
          { package: name, version, range },
        ),
      ),
  ];
}

async function peers(): Promise<Record<string, string>> {
  for (const url of [MANIFEST, FROM_SOURCES]) {
    const manifest = await manifestAt(url);
    if (manifest?.name === "signpath-webcrypto") return manifest.peerDependencies ?? {};
  }
  return {};
}

interface Manifest {
  readonly name?: unknown;
  readonly version?: unknown;
  readonly peerDependencies?: Record<string, string>;
}

/** Also of packages that do not export it. */
async function versionOf(name: string, folder: string): Promise<string | undefined> {
  for (const place of createRequire(join(folder, "x.js")).resolve.paths(name) ?? []) {
    const manifest = await manifestAt(join(place, name, "package.json"));
    if (typeof manifest?.version === "string") return manifest.version.slice(0, 40);
  }
  return undefined;
}

async function manifestAt(path: string | URL): Promise<Manifest | undefined> {
  try {
    const content: unknown = JSON.parse(await readFile(path, "utf8"));
    return typeof content === "object" && content !== null ? content : undefined;
  } catch {
    return undefined;
  }
}

/** The two forms of range that package.json has: `>=1.2` and `^1.2.3`. */
export function satisfies(version: string, range: string): boolean {
  const [, operator, least = ""] = /^(>=|\^)([\d.]+)$/.exec(range) ?? [];
  if (operator === undefined) return true;
  const [have, need] = [numbers(version), numbers(least)];
  const different = [0, 1, 2].find((index) => have[index] !== (need[index] ?? 0));
  const isLess = different !== undefined && (have[different] ?? 0) < (need[different] ?? 0);
  return !isLess && (operator === ">=" || have[0] === need[0]);
}

function numbers(version: string): number[] {
  return (version.split(/[-+]/, 1)[0] ?? "").split(".").map(Number);
}
