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
    throw isMissing(error, name) ? missingPeer(name, error) : error;
  }
}

/** The error about an optional peer that is not installed. */
export function missingPeer(name: string, cause?: unknown): SignPathError {
  const message = `the package ${name} is not installed, and this cannot be done without it: npm install ${name}`;
  return new SignPathError("CONFIG_INVALID", message, { stage: "config", cause });
}

/** Whether it is the package itself that was not found, and not one that it needs. */
function isMissing(error: unknown, name: string): boolean {
  if (!(error instanceof Error) || !("code" in error)) return false;
  if (error.code !== "ERR_MODULE_NOT_FOUND" && error.code !== "MODULE_NOT_FOUND") return false;
  return [`'${name}'`, `'${name}/`].some((text) => error.message.includes(text));
}
