import { performance } from "node:perf_hooks";
import { setTimeout as delay } from "node:timers/promises";
import { isSignPathError, SignPathError } from "../base/errors.js";
import type { SigningRoute } from "../config/options.js";
import type { ApiClient, StateAnswer } from "./client.js";
import type { RawSignature, Recovery } from "./signing-request.js";
import type { SigningTemplate } from "./template.js";
import type { CallOptions, SendOptions } from "./transport/request.js";

/** What a caller can say about one signature. */
export interface SignOptions extends CallOptions {
  /** Go on with this asynchronous signing request in place of a new one; see `REQUEST_PENDING`. */
  readonly signingRequestId?: string | undefined;
  /** @internal Part of an operation that has begun, and that closing the client waits for. */
  readonly isPart?: boolean | undefined;
}

/** Statuses of a server that does not have a route. */
const NO_SUCH_ROUTE: ReadonlySet<number | undefined> = new Set([404, 405, 410]);

const FIRST_POLL_MS = 100;
const SLOWEST_POLL_MS = 5000;

/** Gets a hash signed, over the route that is configured or that the server still has. */
export class HashSigner {
  readonly #client: ApiClient;
  #route: SigningRoute;
  #submission: "signingRequests" | "submitWithArtifact" = "signingRequests";
  #hasStatusRoute = true;
  /** Whether the server has answered for this organization, so that a 404 is about the route. */
  #known = false;

  constructor(client: ApiClient) {
    this.#client = client;
    this.#route = client.config.route;
  }

  /** Tells that the server has answered a request for policies. */
  serverIsKnown(): void {
    this.#known = true;
  }

  /**
   * @param hash - standard Base64 of the digest
   * @throws {SignPathError} those of {@link ApiClient}; for an asynchronous request also `REQUEST_PENDING` (its id
   * is in the error), `REQUEST_DENIED` and `REQUEST_REJECTED`.
   */
  sign(template: SigningTemplate, hash: string, options: SignOptions): Promise<RawSignature> {
    if (this.#route === "asynchronous" || options.signingRequestId !== undefined) {
      return this.#asynchronous(template, hash, options);
    }
    if (this.#route === "sign-hash") return this.#client.signHash(template, hash, options);
    if (this.#route === "fast") return this.#client.fastSign(template, hash, options);
    return this.#client.fastSign(template, hash, options, this.#changeOver);
  }

  readonly #changeOver: Recovery = async (error, template, hash, options) => {
    if (!this.#known || !lacksRoute(error)) throw error;
    const signature = await this.#client.signHash(template, hash, options).catch((second: unknown) => {
      // With neither route the first answer tells more.
      throw lacksRoute(second) ? error : second;
    });
    this.#route = "sign-hash";
    return { ...signature, requests: error.attempts + signature.attempts };
  };

  async #asynchronous(template: SigningTemplate, hash: string, options: SignOptions): Promise<RawSignature> {
    const deadline = performance.now() + this.#client.config.retry.totalTimeoutMs;
    const resumed = requireId(options.signingRequestId);
    const submitted =
      resumed === undefined ? await this.#submit(template, hash, options) : { id: resumed, attempts: 0 };
    const { id } = submitted;
    let requests = submitted.attempts;
    // Its time runs by now, while that of calls which wait for their first turn does not.
    const within = (): SendOptions => ({
      signal: options.signal ?? undefined,
      ahead: true,
      limits: { totalTimeoutMs: Math.max(1, deadline - performance.now()) },
    });
    for (let wait = FIRST_POLL_MS; ; wait = Math.min(wait * 1.5, SLOWEST_POLL_MS)) {
      const answer = await this.#state(id, within);
      const { status, workflowStatus, isFinalStatus, attempts } = answer;
      requests += answer.requests;
      if (status === "Completed") {
        const artifact = await this.#client.signedArtifact(id, template, hash, within());
        return { ...artifact, requests: requests + artifact.attempts };
      }
      const state = workflowStatus === undefined ? status : `${status} (${workflowStatus})`;
      if (isFinalStatus) throw refused(id, status, state, attempts);
      if (performance.now() + wait > deadline) throw pending(id, state, attempts);
      // Somebody may take days to approve it.
      if (this.#client.isClosing) throw leftAlone(id, attempts, "the SignPath client is closed");
      await delay(wait, undefined, options.signal == null ? {} : { signal: options.signal }).catch(() => {
        throw leftAlone(id, attempts, "the call was aborted", options.signal?.reason);
      });
    }
  }

  async #submit(
    template: SigningTemplate,
    hash: string,
    options: SignOptions,
  ): Promise<{ id: string; attempts: number }> {
    try {
      return await this.#client.submit(this.#submission, template, hash, options);
    } catch (error) {
      if (!this.#known || !lacksRoute(error) || this.#submission === "submitWithArtifact") throw error;
      const { id, attempts } = await this.#client.submit("submitWithArtifact", template, hash, options);
      this.#submission = "submitWithArtifact";
      return { id, attempts: error.attempts + attempts };
    }
  }

  async #state(id: string, options: () => SendOptions): Promise<StateAnswer & { readonly requests: number }> {
    let requests = 0;
    if (this.#hasStatusRoute) {
      try {
        const state = await this.#client.signingRequestState(id, false, options());
        return { ...state, requests: state.attempts };
      } catch (error) {
        if (!lacksRoute(error)) throw error;
        requests = error.attempts;
      }
    }
    const state = await this.#client.signingRequestState(id, true, options());
    this.#hasStatusRoute = false;
    return { ...state, requests: requests + state.attempts };
  }
}

/** An id becomes part of a path. */
function requireId(id: string | undefined): string | undefined {
  if (id === undefined || /^[0-9A-Za-z-]{1,64}$/.test(id)) return id;
  throw new SignPathError(
    "REQUEST_REJECTED",
    "the signingRequestId is no id of a signing request; nothing was sent",
    {
      stage: "sign",
    },
  );
}

function lacksRoute(error: unknown): error is SignPathError {
  return isSignPathError(error) && NO_SUCH_ROUTE.has(error.status);
}

function refused(id: string, status: string, state: string, attempts: number): SignPathError {
  const code = status === "Failed" ? "REQUEST_REJECTED" : "REQUEST_DENIED";
  return new SignPathError(code, `Signing request ${id} ended without a signature: ${state}`, {
    stage: "sign",
    attempts,
    signingRequestId: id,
  });
}

function leftAlone(id: string, attempts: number, why: string, cause?: unknown): SignPathError {
  const message = `Signing request ${id} goes on, but ${why}. Sign the same hash with { signingRequestId: "${id}" } to go on with it`;
  return new SignPathError("ABORTED", message, { stage: "sign", attempts, signingRequestId: id, cause });
}

function pending(id: string, state: string, attempts: number): SignPathError {
  return new SignPathError(
    "REQUEST_PENDING",
    `Signing request ${id} is not done yet: ${state}. Go on with it later: sign the same hash with { signingRequestId: "${id}" }`,
    { stage: "sign", attempts, signingRequestId: id, retryable: true },
  );
}
