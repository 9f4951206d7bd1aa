import type { PolicyFilter } from "./api/client.js";
import { ApiClient } from "./api/client.js";
import { HashSigner } from "./api/hash-signer.js";
import type { CallOptions } from "./api/request.js";
import type { Config } from "./config/config.js";
import { loadConfig } from "./config/load.js";
import type { SignPathOptions } from "./config/options.js";
import { createPrivateKey, importPublicKey } from "./key/crypto-key.js";
import { signHash } from "./key/sign-hash.js";
import { PolicyDirectory } from "./policy/directory.js";
import type { PolicyReference } from "./policy/reference.js";
import { resolveReference } from "./policy/reference.js";
import type { PolicyOperations, SigningPolicy } from "./policy/signing-policy.js";
import { signStream } from "./subtle/sign-stream.js";

const OPERATIONS: PolicyOperations = {
  privateKey: createPrivateKey,
  publicKey: importPublicKey,
  signHash,
  signStream,
};

/**
 * A client of one SignPath organization: one connection pool, one limit of requests in flight, cached policies. Make one
 * for a process, keep it, and {@link close} it at the end.
 *
 * ```ts
 * const signpath = new SignPath(); // SIGNPATH_* variables
 * const policy = await signpath.policy("my-project/release-signing");
 * const key = policy.privateKey({ name: "RSASSA-PKCS1-v1_5", hash: "SHA-256" });
 * const signature = await subtle.sign(key.algorithm, key, data);
 * await signpath.close();
 * ```
 */
export class SignPath {
  readonly #config: Config;
  readonly #api: ApiClient;
  readonly #directory: PolicyDirectory;

  /**
   * Reads the settings; nothing is sent yet.
   *
   * @throws {SignPathError} `CONFIG_INVALID`, naming everything that is missing or malformed
   */
  constructor(options?: SignPathOptions) {
    this.#config = loadConfig(options);
    this.#api = new ApiClient(this.#config);
    this.#directory = new PolicyDirectory(this.#api, new HashSigner(this.#api), OPERATIONS);
  }

  /**
   * The signing policies that the API token's user may use, fetched at each call. One that cannot be used (a GPG key, a
   * certificate that cannot be read) is listed with the reason in its `defect`.
   *
   * @param filter - slugs to match; without one all policies
   * @throws {SignPathError} `AUTHENTICATION_FAILED`, `FORBIDDEN`, `REQUEST_REJECTED`, `THROTTLED`, `SERVICE_UNAVAILABLE`,
   * `CONNECTION_FAILED`, `TLS_FAILED`, `TIMEOUT`, `ABORTED`, `INVALID_RESPONSE`
   */
  policies(filter?: PolicyFilter, options?: CallOptions): Promise<SigningPolicy[]> {
    return this.#directory.list(filter, options);
  }

  /**
   * One signing policy, cached for `policyCacheMs`.
   *
   * @param reference - `"project/policy"` or both slugs; what is left out is the configured default
   * @throws {SignPathError} `CONFIG_INVALID` for a malformed reference, `POLICY_NOT_FOUND`, and those of {@link policies}
   */
  async policy(reference?: PolicyReference, options?: CallOptions): Promise<SigningPolicy> {
    return this.#directory.get(resolveReference(reference, this.#config), options);
  }

  /** Waits for what is in flight and closes all connections. Later calls fail with `ABORTED`. */
  close(): Promise<void> {
    return this.#api.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}
