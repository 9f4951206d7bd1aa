import { messageOf, SignPathError } from "../base/errors.js";
import { withoutSecrets } from "../base/secrets.js";
import { API_VERSION, DEFAULT_API_URL } from "../wire/routes.js";
import type { Config, NetworkConfig, ProxyConfig, SettingSource } from "./config.js";
import type { FileValues } from "./file.js";
import { readConfigFile } from "./file.js";
import type { Defect, FoundSetting } from "./inspection.js";
import type { SignPathOptions } from "./options.js";
import type { Environment, ProxyPlaces } from "./proxy.js";
import { isLoopback, parseProxy, proxyEnvironment, proxyFor, proxySource } from "./proxy.js";
import { text, Unreadable } from "./readers.js";
import type { Setting, SettingValues } from "./settings.js";
import { SETTINGS } from "./settings.js";
import { tlsConfig } from "./tls.js";
import { ApiToken, holdsToken } from "./token.js";

const DEFAULTS = {
  maxConcurrency: 64,
  requestTimeoutMs: 30_000,
  totalTimeoutMs: 600_000,
  firstRetryDelayMs: 500,
  policyCacheMs: 300_000,
};

/** What the address of a request is made from, which events and logs show. */
const IN_ADDRESSES: ReadonlySet<string> = new Set([
  "organizationId",
  "apiUrl",
  "projectSlug",
  "signingPolicySlug",
] satisfies (keyof SettingValues)[]);

/**
 * The settings of a client: options over variables over the configuration file over defaults.
 *
 * @throws {SignPathError} `CONFIG_INVALID`, naming everything that is missing or malformed at once.
 */
export function loadConfig(options: SignPathOptions = {}, env: Environment = process.env): Config {
  if (typeof options !== "object" || options === null) {
    throw new SignPathError("CONFIG_INVALID", "The options of SignPath must be an object", {
      stage: "config",
    });
  }
  return complete(new Loader(options, env), (loader) => loader.load());
}

/**
 * How servers are reached, from variables and the configuration file: for what is done without an account.
 *
 * @throws {SignPathError} `CONFIG_INVALID`
 */
export function loadNetwork(env: Environment = process.env): NetworkConfig {
  return complete(new Loader({}, env), (loader) => Object.freeze(loader.network()));
}

function complete<T>(loader: Loader, load: (loader: Loader) => T): T {
  const config = load(loader);
  const defects = loader.defects.map(({ said }) => said);
  if (defects.length > 0) {
    const list = defects.length === 1 ? ` ${defects[0]}` : `\n  ${defects.join("\n  ")}`;
    throw new SignPathError("CONFIG_INVALID", `SignPath is not configured:${list}`, { stage: "config" });
  }
  return config;
}

/** One load, which goes on after a defect so as to name them all. */
export class Loader {
  readonly #defects: Defect[] = [];
  readonly #found: FoundSetting[] = [];
  readonly #options: SignPathOptions;
  readonly #env: Environment;
  readonly #file: FileValues;
  /** The configuration file, if one is named. */
  readonly path: string | undefined;
  readonly #fileName: string;
  readonly #sources: Record<string, SettingSource> = {};
  /** The tokens in all places, also where another place wins. */
  readonly #tokens: readonly string[];

  constructor(options: SignPathOptions, env: Environment) {
    this.#options = options;
    this.#env = env;
    const path =
      options.configFile === undefined
        ? env["SIGNPATH_CONFIG_FILE"] || undefined
        : this.#attempt("configFile", "option configFile", () => text(options.configFile));
    this.path = path;
    this.#fileName = path ?? "the file that SIGNPATH_CONFIG_FILE names";
    this.#file =
      (path !== undefined &&
        this.#attempt("configFile", `configuration file ${path}`, () => readConfigFile(path))) ||
      new Map();
    this.#tokens = [options.apiToken, env["SIGNPATH_API_TOKEN"], this.#file.get("apitoken")]
      .map((token) => (typeof token === "string" ? token.trim() : ""))
      .filter((token) => holdsToken(token, [token]));
  }

  /** What is wrong, without the token: it may have been put where a path belongs. */
  get defects(): Defect[] {
    return this.#defects.map(({ setting, said }) => ({ setting, said: this.clean(said) }));
  }

  /** What was read of the settings, but for those that stand nowhere. */
  get found(): readonly FoundSetting[] {
    return this.#found;
  }

  /** The names in the configuration file, in lower case. */
  get namesInFile(): readonly string[] {
    return [...this.#file.keys()];
  }

  /** A text without any token that stands in the settings. */
  clean(text: string): string {
    return withoutSecrets(text, this.#tokens);
  }

  load(): Config {
    const organizationId = this.#required("organizationId");
    const token = this.#required("apiToken");
    const insecure = this.#get("allowInsecureHttp") ?? false;
    const apiUrl = this.#apiUrl(insecure);
    return Object.freeze({
      organizationId: organizationId ?? "",
      token: new ApiToken(token ?? ""),
      baseUrl: new URL(`${apiUrl.href.replace(/\/$/, "")}/${API_VERSION}/${organizationId ?? ""}/`),
      projectSlug: this.#get("projectSlug"),
      signingPolicySlug: this.#get("signingPolicySlug"),
      route: this.#get("route") ?? "auto",
      verifySignatures: this.#get("verifySignatures") ?? true,
      checkValidity: this.#get("checkValidity") ?? true,
      maxConcurrency: this.#get("maxConcurrency") ?? DEFAULTS.maxConcurrency,
      policyCacheMs: this.#get("policyCacheMs") ?? DEFAULTS.policyCacheMs,
      ...this.network(insecure),
      proxy: this.#proxy(apiUrl),
      metadata: this.#metadata(),
      sources: Object.freeze(this.#sources),
    });
  }

  network(allowInsecureHttp: boolean = this.#get("allowInsecureHttp") ?? false): NetworkConfig {
    const places = this.proxyPlaces();
    return {
      retry: Object.freeze({
        requestTimeoutMs: this.#get("requestTimeoutMs") ?? DEFAULTS.requestTimeoutMs,
        totalTimeoutMs: this.#get("totalTimeoutMs") ?? DEFAULTS.totalTimeoutMs,
        firstDelayMs: this.#get("firstRetryDelayMs") ?? DEFAULTS.firstRetryDelayMs,
        maxRetries: this.#get("maxRetries") ?? Number.POSITIVE_INFINITY,
        retryAmbiguous: this.#get("retryAmbiguous") ?? true,
      }),
      tls: this.#tls(),
      proxyFor: (address) => proxyFor(address, places),
      allowInsecureHttp,
    };
  }

  #apiUrl(insecure: boolean): URL {
    const url = this.#get("apiUrl") ?? new URL(DEFAULT_API_URL);
    if (url.protocol === "http:" && !isLoopback(url.hostname) && !insecure) {
      const said =
        "ApiUrl is plain http, which would show the API token to the network: use https, or set allowInsecureHttp (SIGNPATH_ALLOW_INSECURE_HTTP=true)";
      this.#defects.push({ setting: "apiUrl", said });
    }
    const plain = new URL(url);
    plain.pathname = plain.pathname.replace(/\/+$/, "").replace(/\/v1$/i, "");
    return plain;
  }

  #proxy(apiUrl: URL): ProxyConfig | undefined {
    const source = proxySource(apiUrl, this.proxyPlaces());
    return source && this.#attempt("proxy", source.place, () => parseProxy(source.value));
  }

  proxyPlaces(): ProxyPlaces {
    const value = this.#file.get("httpproxy");
    return {
      option: this.#options.proxy,
      env: proxyEnvironment(this.#env),
      file: value === undefined ? undefined : { place: `HttpProxy in ${this.#fileName}`, value },
    };
  }

  #tls(): Config["tls"] {
    const files = {
      ca: this.#get("tlsCa"),
      certificate: this.#get("tlsClientCertificate"),
      key: this.#get("tlsClientKey"),
      passphrase: this.#get("tlsClientPassphrase"),
    };
    const where = this.#options.tls === undefined ? "TLS client certificate or authority" : "option tls";
    return this.#attempt("tls", where, () => tlsConfig(this.#options.tls, files)) ?? {};
  }

  #metadata(): Config["metadata"] {
    const { metadata } = this.#options;
    if (metadata === undefined || metadata === false || typeof metadata === "function") return metadata ?? {};
    return (
      this.#attempt("metadata", "option metadata", () => {
        const copy: unknown = JSON.parse(JSON.stringify(metadata));
        if (typeof copy !== "object" || copy === null || Array.isArray(copy))
          throw new Unreadable("must be an object, a function or false");
        return Object.freeze(copy) as Record<string, unknown>;
      }) ?? {}
    );
  }

  #required<Name extends keyof SettingValues>(name: Name): SettingValues[Name] | undefined {
    const setting = SETTINGS[name];
    const defectsBefore = this.#defects.length;
    const value = this.#get(name);
    if (value === undefined && this.#defects.length === defectsBefore) {
      const [variable, entry] = [setting.variables[0]?.name, setting.file[0]?.name];
      const said = `${entry} is missing: set option ${setting.option}, ${variable}, or ${entry} in ${this.#fileName}`;
      this.#defects.push({ setting: name, said });
    }
    return value;
  }

  #get<Name extends keyof SettingValues>(name: Name): SettingValues[Name] | undefined {
    const setting: Setting<SettingValues[Name]> = SETTINGS[name];
    const read = (place: Pick<Setting<SettingValues[Name]>, "read">, value: unknown): SettingValues[Name] => {
      const raw = value instanceof URL ? value.href : value;
      if (IN_ADDRESSES.has(name) && typeof raw === "string" && holdsToken(raw, this.#tokens))
        throw new Unreadable("holds the API token");
      return place.read(value);
    };
    const option = setting.option === undefined ? undefined : this.#options[setting.option];
    if (option !== undefined)
      return this.#take(name, "option", `option ${setting.option}`, () => read(setting, option));
    for (const place of setting.variables) {
      const value = this.#env[place.name];
      if (value) return this.#take(name, "environment", `variable ${place.name}`, () => read(place, value));
    }
    for (const place of setting.file) {
      const value = this.#file.get(place.name.toLowerCase());
      if (value !== undefined) {
        return this.#take(name, "file", `${place.name} in ${this.#fileName}`, () => read(place, value));
      }
    }
    this.#sources[name] = "default";
    return undefined;
  }

  #take<T>(name: keyof SettingValues, source: SettingSource, where: string, read: () => T): T | undefined {
    this.#sources[name] = source;
    const value = this.#attempt(name, where, read);
    this.#found.push({ setting: name, source, place: where, value });
    return value;
  }

  #attempt<T>(setting: string, where: string, read: () => T): T | undefined {
    try {
      return read();
    } catch (error) {
      const reason = error instanceof Unreadable ? error.message : `cannot be used: ${messageOf(error)}`;
      this.#defects.push({ setting, said: `${where} ${reason}` });
      return undefined;
    }
  }
}
