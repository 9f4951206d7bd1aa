import type { Config, SettingSource } from "./config.js";
import type { ProxyExemption } from "./proxy.js";
import type { SettingValues } from "./settings.js";

/** A setting that stands somewhere, and where. */
export interface FoundSetting {
  readonly setting: keyof SettingValues;
  readonly source: SettingSource;
  /** In words: `variable SIGNPATH_ROUTE`, `Route in signpath.json`. */
  readonly place: string;
  /** `undefined`: it is malformed. */
  readonly value: unknown;
}

/** What is missing or malformed. */
export interface Defect {
  /** Which setting; `tls`, `proxy`, `metadata` and `configFile` are of several values or none of {@link SettingValues}. */
  readonly setting: string;
  /** In words, without a token. */
  readonly said: string;
}

/** The settings as they were found, whether they are complete or not. */
export interface Inspection {
  /** Of settings with a defect, the default or an empty value. */
  readonly config: Config;
  readonly apiUrl: URL;
  readonly defects: readonly Defect[];
  readonly found: readonly FoundSetting[];
  /** The configuration file, if one is named. */
  readonly file: { readonly path: string; readonly holdsToken: boolean } | undefined;
  /** Names in that file which mean nothing to SignPath's crypto providers either. */
  readonly unknownNames: readonly string[];
  /** What names the proxy for the API, in words. */
  readonly proxyPlace: string | undefined;
  readonly proxyExemption: ProxyExemption | undefined;
  /** A text without any token that stands in the settings. */
  readonly clean: (text: string) => string;
}
