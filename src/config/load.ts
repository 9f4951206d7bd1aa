import { messageOf, SignPathError } from "../base/errors.js";
import { API_VERSION, DEFAULT_API_URL } from "../wire/routes.js";
import type { Config, ProxyConfig, SettingSource } from "./config.js";
import type { FileValues } from "./file.js";
import { readConfigFile } from "./file.js";
import type { SignPathOptions } from "./options.js";
import type { Environment } from "./proxy.js";
import { goesDirect, isLoopback, parseProxy, proxyVariable } from "./proxy.js";
import { text, Unreadable } from "./readers.js";
import type { Setting, SettingValues } from "./settings.js";
import { SETTINGS } from "./settings.js";
import { tlsConfig } from "./tls.js";
import { ApiToken, holdsToken, withoutTokens } from "./token.js";

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
  const loader = new Loader(options, env);
  const config = loader.load();
  const { defects } = loader;
  if (defects.length > 0) {
    const list = defects.length === 1 ? ` ${defects[0]}` : `\n  ${defects.join("\n  ")}`;
    throw new SignPathError("CONFIG_INVALID", `SignPath is not configured:${list}`, { stage: "config" });
  }
  return config;
}

/** One load, which goes on after a defect so as to name them all. */
class Loader {
  readonly #defects: string[] = [];
  readonly #options: SignPathOptions;
  readonly #env: Environment;
  readonly #file: FileValues;
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
        : this.#attempt("option configFile", () => text(options.configFile));
    this.#fileName = path ?? "the file that SIGNPATH_CONFIG_FILE names";
    this.#file =
      (path !== undefined && this.#attempt(`configuration file ${path}`, () => readConfigFile(path))) ||
      new Map();
    this.#tokens = [options.apiToken, env["SIGNPATH_API_TOKEN"], this.#file.get("apitoken")]
      .map((token) => (typeof token === "string" ? token.trim() : ""))
      .filter((token) => holdsToken(token, [token]));
  }

  /** What is wrong, without the token: it may have been put where a path belongs. */
  get defects(): string[] {
    return this.#defects.map((defect) => withoutTokens(defect, this.#tokens));
  }

  load(): Config {
    const organizationId = this.#required("organizationId");
    const token = this.#required("apiToken");
    const apiUrl = this.#apiUrl();
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
      retry: Object.freeze({
        requestTimeoutMs: this.#get("requestTimeoutMs") ?? DEFAULTS.requestTimeoutMs,
        totalTimeoutMs: this.#get("totalTimeoutMs") ?? DEFAULTS.totalTimeoutMs,
        firstDelayMs: this.#get("firstRetryDelayMs") ?? DEFAULTS.firstRetryDelayMs,
        maxRetries: this.#get("maxRetries") ?? Number.POSITIVE_INFINITY,
        retryAmbiguous: this.#get("retryAmbiguous") ?? true,
      }),
      proxy: this.#proxy(apiUrl),
      tls: this.#tls(),
      metadata: this.#metadata(),
      sources: Object.freeze(this.#sources),
    });
  }

  #apiUrl(): URL {
    const url = this.#get("apiUrl") ?? new URL(DEFAULT_API_URL);
    const insecure = this.#get("allowInsecureHttp") ?? false;
    if (url.protocol === "http:" && !isLoopback(url.hostname) && !insecure) {
      this.#defects.push(
        "ApiUrl is plain http, which would show the API token to the network: use https, or set allowInsecureHttp (SIGNPATH_ALLOW_INSECURE_HTTP=true)",
      );
    }
    const plain = new URL(url);
    plain.pathname = plain.pathname.replace(/\/+$/, "").replace(/\/v1$/i, "");
    return plain;
  }

  #proxy(apiUrl: URL): ProxyConfig | undefined {
    const { proxy } = this.#options;
    if (proxy === false) return undefined;
    if (proxy !== undefined) return this.#attempt("option proxy", () => parseProxy(proxy));
    const variable = proxyVariable(apiUrl, this.#env);
    if (variable !== undefined)
      return this.#attempt(`variable ${variable}`, () => parseProxy(this.#env[variable]));
    const fromFile = this.#file.get("httpproxy");
    if (fromFile === undefined || goesDirect(apiUrl, this.#env)) return undefined;
    return this.#attempt(`HttpProxy in ${this.#fileName}`, () => parseProxy(fromFile));
  }

  #tls(): Config["tls"] {
    const files = {
      ca: this.#get("tlsCa"),
      certificate: this.#get("tlsClientCertificate"),
      key: this.#get("tlsClientKey"),
      passphrase: this.#get("tlsClientPassphrase"),
    };
    const where = this.#options.tls === undefined ? "TLS client certificate or authority" : "option tls";
    return this.#attempt(where, () => tlsConfig(this.#options.tls, files)) ?? {};
  }

  #metadata(): Config["metadata"] {
    const { metadata } = this.#options;
    if (metadata === undefined || metadata === false || typeof metadata === "function") return metadata ?? {};
    return (
      this.#attempt("option metadata", () => {
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
      this.#defects.push(
        `${entry} is missing: set option ${setting.option}, ${variable}, or ${entry} in ${this.#fileName}`,
      );
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

  #take<T>(name: string, source: SettingSource, where: string, read: () => T): T | undefined {
    this.#sources[name] = source;
    return this.#attempt(where, read);
  }

  #attempt<T>(where: string, read: () => T): T | undefined {
    try {
      return read();
    } catch (error) {
      this.#defects.push(
        `${where} ${error instanceof Unreadable ? error.message : `cannot be used: ${messageOf(error)}`}`,
      );
      return undefined;
    }
  }
}
