/** How a hash gets to the service; see {@link SignPathOptions.route}. */
export type SigningRoute = "auto" | "fast" | "sign-hash" | "asynchronous";

/** Facts that are stored with a signing request, as JSON. */
export type SigningMetadata = Readonly<Record<string, unknown>>;

/** TLS settings of every connection that the client opens. Certificates and keys as PEM (or PFX) content. */
export interface TlsOptions {
  /** Certificate authorities to trust beside those of Node: PEM, one or more. */
  readonly ca?: string | Uint8Array | readonly (string | Uint8Array)[] | undefined;
  /** Client certificate with its chain, PEM. */
  readonly cert?: string | Uint8Array | undefined;
  /** Private key of the client certificate, PEM. */
  readonly key?: string | Uint8Array | undefined;
  /** Client certificate and private key as one PKCS#12 file, in place of `cert` and `key`. */
  readonly pfx?: Uint8Array | undefined;
  /** Passphrase of `key` or `pfx`. */
  readonly passphrase?: string | undefined;
}

/**
 * Settings of a {@link SignPath} client. What is left out is taken from the `SIGNPATH_*` environment
 * variables, then from the JSON file that `SIGNPATH_CONFIG_FILE` (or {@link configFile}) names, then from the
 * defaults.
 */
export interface SignPathOptions {
  /** Id of the SignPath organization, a UUID. */
  readonly organizationId?: string | undefined;
  /** API token of a submitter; a function is asked anew before each request. */
  readonly apiToken?: string | (() => string | Promise<string>) | undefined;
  /** Address of the API, `https://app.signpath.io/Api` unless set; with or without a final slash or `/v1`. */
  readonly apiUrl?: string | URL | undefined;
  /** Project of the default signing policy. */
  readonly projectSlug?: string | undefined;
  /** The default signing policy. */
  readonly signingPolicySlug?: string | undefined;
  /** JSON configuration file of the SignPath crypto providers; wins over `SIGNPATH_CONFIG_FILE`. */
  readonly configFile?: string | undefined;
  /**
   * `"auto"` (default) posts fast signing requests and changes over to `SignHash` where the server no longer
   * has them; the others pin one route. `"asynchronous"` submits, polls and fetches the signed artifact, and
   * is the only one that works for a policy with an approval process.
   */
  readonly route?: SigningRoute | undefined;
  /** Check each signature against the policy's certificate before it is returned. Default: `true`. */
  readonly verifySignatures?: boolean | undefined;
  /** Refuse to sign with a policy whose certificate has expired or is not yet valid. Default: `true`. */
  readonly checkValidity?: boolean | undefined;
  /** Requests in flight at once, over as many connections; further calls wait in order. Default: 64. */
  readonly maxConcurrency?: number | undefined;
  /** Time limit of one attempt in milliseconds. Default: 30 000. */
  readonly requestTimeoutMs?: number | undefined;
  /** Time limit of a call with all its attempts in milliseconds. Default: 600 000. */
  readonly totalTimeoutMs?: number | undefined;
  /**
   * Repeat a signing request whose fate is unknown (time-out, broken connection, 500, 502, 504). The service
   * may then have two of them. Default: `true`.
   */
  readonly retryAmbiguous?: boolean | undefined;
  /** How long a fetched policy is used before it is fetched anew, in milliseconds. Default: 300 000. */
  readonly policyCacheMs?: number | undefined;
  /** Address of an HTTP proxy (`http://user:password@host:port`), or `false` for none whatever the environment says. */
  readonly proxy?: string | URL | false | undefined;
  /** Extra certificate authorities and a client certificate. */
  readonly tls?: TlsOptions | undefined;
  /** Allow plain HTTP to a host that is not this machine. The token is then readable on the way. Default: `false`. */
  readonly allowInsecureHttp?: boolean | undefined;
  /**
   * Facts to store with each signing request beside those about the creating process; a function is asked for
   * each request; `false` sends none at all.
   */
  readonly metadata?: SigningMetadata | (() => SigningMetadata | undefined) | false | undefined;
}
