import { messageOf, SignPathError } from "../base/errors.js";
import { API_VERSION, DEFAULT_API_URL } from "../wire/routes.js";
import type { Config, NetworkConfig, ProxyConfig, SettingSource } from "./config.js";
import type { FileValues } from "./file.js";
import { readConfigFile } from "./file.js";
import type { SignPathOptions } from "./options.js";
import type { Environment, ProxyPlaces } from "./proxy.js";
import { isLoopback, parseProxy, proxyEnvironment, proxySource } from "./proxy.js";
import { text, Unreadable } from "./readers.js";
import type { Setting, SettingValues } from "./settings.js";
import { SETTINGS } from "./settings.js";
import { tlsConfig } from "./tls.js";
import { ApiToken } from "./token.js";

const DEFAULTS = {
  maxConcurrency: 64,
  requestTimeoutMs: 30_000,
  totalTimeoutMs: 600_000,
  firstRetryDelayMs: 500,
  policyCacheMs: 300_000,
};

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
  if (loader.defects.length > 0) {
    const list = loader.defects.length === 1 ? ` ${loader.defects[0]}` : `\n  ${loader.defects.join("\n  ")}`;
    throw new SignPathError("CONFIG_INVALID", `SignPath is not configured:${list}`, { stage: "config" });
  }
  return config;
}

/** That of another address than the API's: it is read when there is one. */
function proxyFor(address: URL, places: ProxyPlaces): ProxyConfig | undefined {
  const source = proxySource(address, places);
  try {
    return source && parseProxy(source.value);
  } catch (error) {
    // What is no `Unreadable` is a URIError, which quotes nothing.
    const message = `SignPath is not configured: ${source?.place} ${messageOf(error)}`;
    throw new SignPathError("CONFIG_INVALID", message, { stage: "config" });
  }
}

/** One load, which goes on after a defect so as to name them all. */
class Loader {
  readonly defects: string[] = [];
  readonly #options: SignPathOptions;
  readonly #env: Environment;
  readonly #file: FileValues;
  readonly #fileName: string;
  readonly #sources: Record<string, SettingSource> = {};

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
    const places = this.#proxyPlaces();
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
      this.defects.push(
        "ApiUrl is plain http, which would show the API token to the network: use https, or set allowInsecureHttp (SIGNPATH_ALLOW_INSECURE_HTTP=true)",
      );
    }
    const plain = new URL(url);
    plain.pathname = plain.pathname.replace(/\/+$/, "").replace(/\/v1$/i, "");
    return plain;
  }

  #proxy(apiUrl: URL): ProxyConfig | undefined {
    const source = proxySource(apiUrl, this.#proxyPlaces());
    return source && this.#attempt(source.place, () => parseProxy(source.value));
  }

  #proxyPlaces(): ProxyPlaces {
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
    const defectsBefore = this.defects.length;
    const value = this.#get(name);
    if (value === undefined && this.defects.length === defectsBefore) {
      const [variable, entry] = [setting.variables[0]?.name, setting.file[0]?.name];
      this.defects.push(
        `${entry} is missing: set option ${setting.option}, ${variable}, or ${entry} in ${this.#fileName}`,
      );
    }
    return value;
  }

  #get<Name extends keyof SettingValues>(name: Name): SettingValues[Name] | undefined {
    const setting: Setting<SettingValues[Name]> = SETTINGS[name];
    const option = setting.option === undefined ? undefined : this.#options[setting.option];
    if (option !== undefined)
      return this.#take(name, "option", `option ${setting.option}`, () => setting.read(option));
    for (const place of setting.variables) {
      const value = this.#env[place.name];
      if (value) return this.#take(name, "environment", `variable ${place.name}`, () => place.read(value));
    }
    for (const place of setting.file) {
      const value = this.#file.get(place.name.toLowerCase());
      if (value !== undefined) {
        return this.#take(name, "file", `${place.name} in ${this.#fileName}`, () => place.read(value));
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
      this.defects.push(
        `${where} ${error instanceof Unreadable ? error.message : `cannot be used: ${messageOf(error)}`}`,
      );
      return undefined;
    }
  }
}
