/**
 * The `sign` hook of electron-builder (`win.signtoolOptions.sign`, in versions before 26 `win.sign`). electron-builder calls it
 * for each file and each of `signingHashAlgorithms`, by default `sha1` and then `sha256`; this signs each file once, with its own
 * `hash`, and checks nothing else of the file. It signs PE images (exe, dll, node, the NSIS installer and its uninstaller)
 * alone: for an MSI or APPX target it fails, and with it the build. Its types are electron-builder's of the versions 24 to
 * 26, written by hand; electron-builder is no peer.
 */
import type { FileSignerOptions } from "./authenticode/file-signer.js";
import { FileSigner } from "./authenticode/file-signer.js";

/** What electron-builder tells about a file: the parts of its `CustomWindowsSignTaskConfiguration` that are used here. */
export interface CustomWindowsSignTaskConfiguration {
  /** The file, which is signed in place. */
  readonly path: string;
  /** One of `signingHashAlgorithms`. */
  readonly hash?: string | undefined;
  /** Whether it is not the first of them. */
  readonly isNest?: boolean | undefined;
  /** The product's name. */
  readonly name?: string | undefined;
  /** The product's homepage. */
  readonly site?: string | null | undefined;
  /** The `win` part of the configuration. */
  readonly options?: object | undefined;
}

/** A `sign` hook of electron-builder. */
export interface CustomWindowsSign {
  (configuration: CustomWindowsSignTaskConfiguration, packager?: unknown): Promise<void>;
  /** Closes the connections; the next call opens new ones. */
  close(): Promise<void>;
}

/** How electron-builder's files are signed; without options as `SIGNPATH_*` say. */
export type ElectronBuilderOptions = FileSignerOptions;

/**
 * Makes a `sign` hook. Calls for one file go one after the other, the second one of a file finds it signed, and equal files
 * get the same signature, for one signing request. `description` and `url` are the product's name and homepage unless the
 * options name others. CI's metadata goes with each request as the client has it.
 *
 * ```js
 * // sign.mjs, and in the configuration: win: { signtoolOptions: { sign: "./sign.mjs" } }
 * import { createSign } from "signpath-webcrypto/electron-builder";
 *
 * export default createSign({ policy: "my-project/release", timestamp: "http://tsa.example" });
 * ```
 *
 * @param options - what is left out is as the environment says
 * @returns a function that fails with those of `signExecutableFile` and of `SignPath.policy`
 */
export function createSign(options: ElectronBuilderOptions = {}): CustomWindowsSign {
  const signer = new FileSigner(options);
  const hook = async (configuration: CustomWindowsSignTaskConfiguration): Promise<void> => {
    const path: unknown = configuration?.path;
    if (typeof path !== "string")
      throw new TypeError("the configuration must be the one that electron-builder passes to a sign hook");
    await signer.sign(path, {
      description: textOf(configuration.name),
      url: addressOf(configuration.site),
    });
  };
  return Object.assign(hook, { close: () => signer.close() });
}

/**
 * A hook with the settings of the environment, for `sign: "signpath-webcrypto/electron-builder"`: `SIGNPATH_*` with the
 * slugs of the policy, `SIGNPATH_TIMESTAMP_URLS`, and `SIGNPATH_CERTIFICATES`, PEM files with the issuers' certificates,
 * which have between them what `PATH` has.
 */
export const sign: CustomWindowsSign = createSign();

// biome-ignore lint/style/noDefaultExport: it is what electron-builder looks for in the module of a hook
export default sign;

/** A product may have no name worth telling. */
function textOf(name: unknown): string | undefined {
  return typeof name === "string" && name.trim() !== "" ? name : undefined;
}

/** A homepage that is no address is left out: it is the author's of package.json, and not what this build is about. */
function addressOf(site: unknown): string | undefined {
  return typeof site === "string" && /^https?:\/\/[\x21-\x7e]+$/i.test(site) && URL.canParse(site)
    ? site
    : undefined;
}
