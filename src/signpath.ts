import type { PolicyFilter } from "./api/client.js";
import type { CallOptions } from "./api/transport/request.js";
import type { Config } from "./config/config.js";
import { loadConfig } from "./config/load.js";
import type { SignPathOptions } from "./config/options.js";
import type { PolicyReference } from "./policy/reference.js";
import { assertNoToken, resolveReference } from "./policy/reference.js";
import type { SigningPolicy } from "./policy/signing-policy.js";
import type { Session } from "./session.js";

/**
 * What a client works with, for the floors above.
 *
 * @internal
 * @throws {TypeError} for what is no client of this copy of the package
 */
export let sessionOf: (client: SignPath) => Promise<Session>;

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
  #opening: Promise<Session> | undefined;
  #session: Session | undefined;
  #isClosed = false;

  /**
   * Reads the settings; nothing is sent yet.
   *
   * @throws {SignPathError} `CONFIG_INVALID`, naming everything that is missing or malformed
   */
  constructor(options?: SignPathOptions) {
    this.#config = loadConfig(options);
  }

  /**
   * The signing policies that the API token's user may use, fetched at each call. One that cannot be used (a GPG key, a
   * certificate that cannot be read) is listed with the reason in its `defect`.
   *
   * @param filter - slugs to match; without one all policies
   * @returns the policies, in the order of the service; none is an empty array
   * @throws {SignPathError} `CONFIG_INVALID` for a slug with the API token in it, `AUTHENTICATION_FAILED`, `FORBIDDEN`,
   * `REQUEST_REJECTED`, `THROTTLED`, `SERVICE_UNAVAILABLE`, `CONNECTION_FAILED`, `TLS_FAILED`, `TIMEOUT`, `ABORTED`,
   * `INVALID_RESPONSE`
   */
  async policies(filter?: PolicyFilter, options?: CallOptions): Promise<SigningPolicy[]> {
    assertNoToken(filter, this.#config.token);
    const { directory } = await this.#open();
    return directory.list(filter, options);
  }

  /**
   * One signing policy, cached for `policyCacheMs`.
   *
   * @param reference - `"project/policy"` or both slugs; what is left out is the configured default
   * @returns the policy, the same object as long as it is cached
   * @throws {SignPathError} `CONFIG_INVALID` for a malformed reference, `POLICY_NOT_FOUND`, and those of {@link policies}
   */
  async policy(reference?: PolicyReference, options?: CallOptions): Promise<SigningPolicy> {
    assertNoToken(reference, this.#config.token);
    const slugs = resolveReference(reference, this.#config);
    const { directory } = await this.#open();
    return directory.get(slugs, options);
  }

  /** Waits for what is in flight and closes all connections. Later calls fail with `ABORTED`. */
  async close(): Promise<void> {
    this.#isClosed = true;
    // What was never used has nothing to close.
    const session = this.#session ?? (await this.#opening);
    await session?.api.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #open(): Promise<Session> {
    this.#opening ??= this.#openNow(this.#isClosed);
    return this.#opening;
  }

  static {
    sessionOf = (client) => client.#open();
  }

  async #openNow(wasClosed: boolean): Promise<Session> {
    const { openSession } = await import("./session.js");
    this.#session = openSession(this.#config);
    if (wasClosed) await this.#session.api.close();
    return this.#session;
  }
}
