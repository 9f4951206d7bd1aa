import type { SigningMetadata, SigningRoute } from "./options.js";
import type { ApiToken } from "./token.js";

/** Where a setting's value came from. */
export type SettingSource = "option" | "environment" | "file" | "default";

/** An HTTP proxy. */
export interface ProxyConfig {
  /** Address without user name and password. */
  readonly url: string;
  /** Value of the `Proxy-Authorization` header. */
  readonly authorization?: string;
}

/** What Node's TLS takes of the {@link TlsOptions}. */
export interface TlsConfig {
  readonly ca?: readonly (string | Buffer)[];
  readonly cert?: string | Buffer;
  readonly key?: string | Buffer;
  readonly pfx?: Buffer;
  readonly passphrase?: string;
}

/** How often and how long a request is tried. */
export interface RetryConfig {
  readonly requestTimeoutMs: number;
  readonly totalTimeoutMs: number;
  /** Upper bound of the first delay; it doubles from attempt to attempt. */
  readonly firstDelayMs: number;
  readonly maxRetries: number;
  readonly retryAmbiguous: boolean;
}

/** How servers are reached: what needs no account. */
export interface NetworkConfig {
  readonly retry: RetryConfig;
  readonly tls: TlsConfig;
  /**
   * The proxy for an address, by the rules of the API's.
   *
   * @throws {SignPathError} `CONFIG_INVALID` where it is malformed
   */
  readonly proxyFor: (address: URL) => ProxyConfig | undefined;
  /** Whether secrets may be sent over plain HTTP. */
  readonly allowInsecureHttp: boolean;
}

/** All settings of a client: complete, validated, frozen. */
export interface Config extends NetworkConfig {
  readonly organizationId: string;
  readonly token: ApiToken;
  /** `{ApiUrl}/v1/{organizationId}/` */
  readonly baseUrl: URL;
  readonly projectSlug: string | undefined;
  readonly signingPolicySlug: string | undefined;
  readonly route: SigningRoute;
  readonly verifySignatures: boolean;
  readonly checkValidity: boolean;
  readonly maxConcurrency: number;
  readonly policyCacheMs: number;
  /** The one for the API. */
  readonly proxy: ProxyConfig | undefined;
  readonly metadata: SigningMetadata | (() => SigningMetadata | undefined) | false;
  /** By option name. */
  readonly sources: Readonly<Record<string, SettingSource>>;
}
