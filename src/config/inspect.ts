import type { Inspection } from "./inspection.js";
import { Loader } from "./load.js";
import type { SignPathOptions } from "./options.js";
import type { Environment } from "./proxy.js";
import { proxyExemption, proxySource } from "./proxy.js";
import { SETTINGS } from "./settings.js";

/** What the file may hold for SignPath's crypto providers alone, in lower case. */
const OF_PROVIDERS = /^(?:log|cryptoki|timeouts)\.|^includedummyx509certificateforgpgkeys$/;

const NAMES: ReadonlySet<string> = new Set([
  "httpproxy",
  ...Object.values(SETTINGS).flatMap(({ file }) => file.map(({ name }) => name.toLowerCase())),
]);

/** The settings as `loadConfig` reads them, with where each stands and what is wrong, in place of an error. */
export function inspectConfig(options: SignPathOptions = {}, env: Environment = process.env): Inspection {
  const loader = new Loader(options, env);
  const config = loader.load();
  const apiUrl = new URL(config.baseUrl);
  apiUrl.pathname = apiUrl.pathname.replace(/\/v1\/[^/]*\/$/, "");
  const places = loader.proxyPlaces();
  const { path, found, defects, namesInFile } = loader;
  return {
    config,
    apiUrl,
    defects,
    found,
    file: path === undefined ? undefined : { path, holdsToken: namesInFile.includes("apitoken") },
    unknownNames: namesInFile.filter((name) => !NAMES.has(name) && !OF_PROVIDERS.test(name)),
    proxyPlace: proxySource(apiUrl, places)?.place,
    proxyExemption: proxyExemption(apiUrl, places),
    clean: (text) => loader.clean(text),
  };
}
