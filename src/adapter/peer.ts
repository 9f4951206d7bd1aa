import { createRequire } from "node:module";
import { SignPathError } from "../base/errors.js";

/**
 * Loads an optional peer, so that it is needed only by those who use the adapter.
 *
 * ```ts
 * const { Signer } = await loadPeer("@signpdf/utils", () => import("@signpdf/utils"));
 * ```
 *
 * @param name - the package, as it is installed
 * @param load - imports it; its name stands there once more, so that types and bundlers see it
 * @throws {SignPathError} `CONFIG_INVALID` if it is not installed; what it throws itself is passed on
 */
export async function loadPeer<Module>(name: string, load: () => Promise<Module>): Promise<Module> {
  try {
    return await load();
  } catch (error) {
    if (!isMissing(error, name)) throw error;
    const load = loaderAt(import.meta.url);
    const path = resolved(load, name);
    if (path === undefined) throw missingPeer([name], error);
    return load(path) as Module;
  }
}

/**
 * What is in reach of a peer, and may not be of this package: its own dependencies. Both as CommonJS, so that they share what
 * they have.
 *
 * @param name - the peer
 * @param dependency - of the peer
 * @returns `undefined` where the peer is not installed
 */
export function loadWithDependency(
  name: string,
  dependency: string,
): { readonly peer: unknown; readonly dependency: unknown } | undefined {
  const load = loaderAt(import.meta.url);
  const path = resolved(load, name);
  return path === undefined ? undefined : { peer: load(path), dependency: loaderAt(path)(dependency) };
}

/** The error about optional peers that are not installed. */
export function missingPeer(names: readonly string[], cause?: unknown): SignPathError {
  const list = names.join(" ");
  const what = names.length > 1 ? `the packages ${names.join(" and ")} are` : `the package ${list} is`;
  const message = `${what} not installed, and this cannot be done without ${names.length > 1 ? "them" : "it"}: npm install ${list}`;
  return new SignPathError("CONFIG_INVALID", message, { stage: "config", cause });
}

/**
 * Finds packages as a file would that is there: beside it, and where NODE_PATH says, which `import` does not heed. Never from the working directory: who
 * signs in a folder that others have filled must not run what is in it.
 */
function loaderAt(path: string): NodeJS.Require {
  return createRequire(path);
}

function resolved(load: NodeJS.Require, name: string): string | undefined {
  try {
    return load.resolve(name);
  } catch (error) {
    if (isMissing(error, name)) return undefined;
    throw error;
  }
}

/** Whether it is the package itself that was not found, and not one that it needs. */
function isMissing(error: unknown, name: string): boolean {
  if (!(error instanceof Error) || !("code" in error)) return false;
  if (error.code !== "ERR_MODULE_NOT_FOUND" && error.code !== "MODULE_NOT_FOUND") return false;
  return [`'${name}'`, `'${name}/`].some((text) => error.message.includes(text));
}
