import type { SigningRoute, SignPathOptions } from "./options.js";
import type { Reader } from "./readers.js";
import { address, count, flag, milliseconds, seconds, text, token, uuid, word } from "./readers.js";

/** A setting outside the options object: a variable or a name in the file, with how its value reads there. */
export interface Place<T> {
  /** Dotted for a name in an object: `Timeouts.HttpRequest`. */
  readonly name: string;
  readonly read: Reader<T>;
}

/** One setting, with all places where it can stand, first to win. */
export interface Setting<T> {
  /** Its name among the options; a few older settings have none. */
  readonly option?: keyof SignPathOptions;
  readonly read: Reader<T>;
  readonly variables: readonly Place<T>[];
  readonly file: readonly Place<T>[];
}

/** What the settings hold, once read. */
export interface SettingValues {
  organizationId: string;
  apiToken: string | (() => string | Promise<string>);
  apiUrl: URL;
  projectSlug: string;
  signingPolicySlug: string;
  route: SigningRoute;
  verifySignatures: boolean;
  checkValidity: boolean;
  maxConcurrency: number;
  retryAmbiguous: boolean;
  policyCacheMs: number;
  allowInsecureHttp: boolean;
  requestTimeoutMs: number;
  totalTimeoutMs: number;
  firstRetryDelayMs: number;
  maxRetries: number;
  tlsCa: string;
  tlsClientCertificate: string;
  tlsClientKey: string;
  tlsClientPassphrase: string;
}

/** A setting that reads alike everywhere. */
function setting<T>(
  option: keyof SignPathOptions,
  read: Reader<T>,
  file?: string,
  variable?: string,
): Setting<T> {
  return {
    option,
    read,
    variables: variable === undefined ? [] : [{ name: variable, read }],
    file: file === undefined ? [] : [{ name: file, read }],
  };
}

/**
 * Every setting that is a single value. The names in the file and the environment are those of SignPath's crypto
 * providers; the `Timeouts` ones are those of their versions before 6.
 */
export const SETTINGS: { readonly [Name in keyof SettingValues]: Setting<SettingValues[Name]> } = {
  organizationId: setting("organizationId", uuid, "OrganizationId", "SIGNPATH_ORGANIZATION_ID"),
  apiToken: setting("apiToken", token, "ApiToken", "SIGNPATH_API_TOKEN"),
  apiUrl: setting("apiUrl", address, "ApiUrl", "SIGNPATH_API_URL"),
  projectSlug: setting("projectSlug", text, "ProjectSlug", "SIGNPATH_PROJECT_SLUG"),
  signingPolicySlug: setting("signingPolicySlug", text, "SigningPolicySlug", "SIGNPATH_SIGNING_POLICY_SLUG"),
  route: setting("route", word("auto", "fast", "sign-hash", "asynchronous"), "Route", "SIGNPATH_ROUTE"),
  verifySignatures: setting("verifySignatures", flag),
  checkValidity: setting("checkValidity", flag, "CheckValidity", "SIGNPATH_CHECK_VALIDITY"),
  maxConcurrency: setting("maxConcurrency", count(1, 1024), "MaxConcurrency", "SIGNPATH_MAX_CONCURRENCY"),
  retryAmbiguous: setting("retryAmbiguous", flag, "RetryAmbiguous", "SIGNPATH_RETRY_AMBIGUOUS"),
  policyCacheMs: setting("policyCacheMs", milliseconds(0)),
  allowInsecureHttp: setting("allowInsecureHttp", flag, "AllowInsecureHttp", "SIGNPATH_ALLOW_INSECURE_HTTP"),
  requestTimeoutMs: {
    option: "requestTimeoutMs",
    read: milliseconds(1),
    variables: [
      { name: "SIGNPATH_HTTP_REQUEST_TIMEOUT_IN_SECONDS", read: seconds(0.001) },
      { name: "SIGNPATH_TIMEOUTS_HTTP_REQUEST", read: seconds(0.001) },
    ],
    file: [
      { name: "HttpRequestTimeoutInSeconds", read: seconds(0.001) },
      { name: "Timeouts.HttpRequest", read: seconds(0.001) },
    ],
  },
  totalTimeoutMs: {
    option: "totalTimeoutMs",
    read: milliseconds(1),
    variables: [{ name: "SIGNPATH_SERVICE_UNAVAILABLE_TIMEOUT_IN_SECONDS", read: seconds(0.001) }],
    file: [{ name: "ServiceUnavailableTimeoutInSeconds", read: seconds(0.001) }],
  },
  firstRetryDelayMs: {
    read: milliseconds(0),
    variables: [{ name: "SIGNPATH_TIMEOUTS_FIRST_RETRY_DELAY", read: seconds(0) }],
    file: [{ name: "Timeouts.FirstRetryDelay", read: seconds(0) }],
  },
  maxRetries: {
    read: count(0, 1000),
    variables: [{ name: "SIGNPATH_TIMEOUTS_RETRY_COUNT", read: count(0, 1000) }],
    file: [{ name: "Timeouts.RetryCount", read: count(0, 1000) }],
  },
  tlsCa: {
    read: text,
    variables: [{ name: "SIGNPATH_TLS_CA_CERTIFICATES", read: text }],
    file: [{ name: "TlsCaCertificates", read: text }],
  },
  tlsClientCertificate: {
    read: text,
    variables: [{ name: "SIGNPATH_TLS_CLIENT_CERTIFICATE", read: text }],
    file: [{ name: "TlsClientCertificate", read: text }],
  },
  tlsClientKey: {
    read: text,
    variables: [{ name: "SIGNPATH_TLS_CLIENT_KEY", read: text }],
    file: [{ name: "TlsClientKey", read: text }],
  },
  tlsClientPassphrase: {
    read: text,
    variables: [{ name: "SIGNPATH_TLS_CLIENT_PASSPHRASE", read: text }],
    file: [],
  },
};
