import { messageOf } from "../../base/errors.js";
import type { FileSignerOptions } from "./file-signer.js";
import { FileSigner } from "./file-signer.js";

/** How files are signed for @electron/windows-sign. */
export interface SignHookOptions extends FileSignerOptions {
  /**
   * Hears of a file that was not signed. @electron/windows-sign goes on after a hook that fails, and tells nobody. Default: a
   * warning of the process, and its exit code becomes 1.
   */
  readonly onFailure?: ((error: unknown, file: string) => void) | undefined;
}

/** A `hookFunction` of @electron/windows-sign. */
export interface SignHook {
  (fileToSign: string): Promise<void>;
  /** Closes the connections; the next call opens new ones. */
  close(): Promise<void>;
}

/**
 * A `hookFunction` for @electron/windows-sign: signs each file in place, once.
 *
 * ```ts
 * import { sign } from "@electron/windows-sign";
 *
 * const hookFunction = createSignHook({ policy, timestamp: "http://tsa.example" });
 * await sign({ appDirectory: "out/app-win32-x64", hookFunction });
 * await hookFunction.close();
 * ```
 *
 * Without options it signs as `SIGNPATH_*` say. A module for `hookModulePath` is `export default createSignHook();`.
 *
 * @returns a function that fails with those of {@link signExecutableFile}, after `onFailure` has heard of it
 */
export function createSignHook(options: SignHookOptions = {}): SignHook {
  const { onFailure = warn, ...settings } = options;
  const signer = new FileSigner(settings);
  const hook = async (fileToSign: string): Promise<void> => {
    try {
      await signer.sign(fileToSign, {});
    } catch (error) {
      onFailure(error, fileToSign);
      throw error;
    }
  };
  return Object.assign(hook, { close: () => signer.close() });
}

function warn(error: unknown, file: string): void {
  process.emitWarning(`${file} was not signed: ${messageOf(error)}`, { type: "SignPathWarning" });
  process.exitCode = 1;
}
