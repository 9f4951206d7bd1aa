import type { SignPathError, SignPathErrorStage } from "../base/errors.js";
import type { Config } from "../config/config.js";
import type { SigningPolicyRecord } from "../wire/policies.js";
import {
  ROUTES,
  signedArtifactRoute,
  signingRequestRoute,
  signingRequestStatusRoute,
} from "../wire/routes.js";
import type { SigningRequestState } from "../wire/signing.js";
import {
  decodeFastAnswer,
  decodePolicies,
  decodeSignHashAnswer,
  decodeState,
  decodeSubmission,
} from "./decode.js";
import { metadataSource } from "./metadata.js";
import type { RawSignature, Recovery, SigningRequestKind } from "./signing-request.js";
import { MAX_ANSWER_BYTES, SigningRequest, signatureOf } from "./signing-request.js";
import type { RequestedAlgorithm, SigningTarget } from "./template.js";
import { SigningTemplate } from "./template.js";
import type { Outside } from "./transport/outside.js";
import type { ApiAnswer, ApiRequest, SendOptions } from "./transport/request.js";
import { header } from "./transport/request.js";
import { Transport } from "./transport/transport.js";

const MAX_ARTIFACT_BYTES = 16 * 1024 * 1024;

/** The state of a signing request, and how many requests it took to get it. */
export interface StateAnswer extends SigningRequestState {
  readonly attempts: number;
}

/** Filter of the list of policies. */
export interface PolicyFilter {
  readonly projectSlug?: string | undefined;
  readonly signingPolicySlug?: string | undefined;
}

/**
 * The REST API, one method per route. All of them fail with a `SignPathError`: `AUTHENTICATION_FAILED`,
 * `FORBIDDEN`, `POLICY_NOT_FOUND`, `POLICY_UNUSABLE`, `REQUEST_REJECTED`, `THROTTLED`, `SERVICE_UNAVAILABLE`,
 * `CONNECTION_FAILED`, `TLS_FAILED`, `TIMEOUT`, `ABORTED` or `INVALID_RESPONSE`.
 */
export class ApiClient {
  readonly config: Config;
  readonly #transport: Transport;
  readonly #paths: Readonly<Record<"signingRequests" | "submitWithArtifact", string>>;
  readonly #kinds: Readonly<Record<"fast" | "signHash", SigningRequestKind>>;
  readonly #metadata: ReturnType<typeof metadataSource>;
  #outside: Promise<Outside> | undefined;
  #isClosed = false;
  /** Takes the token out of a text. */
  readonly #redact = (text: string): string => this.config.token.redact(text);

  constructor(config: Config) {
    this.config = config;
    this.#transport = new Transport(config);
    const { pathname } = config.baseUrl;
    this.#paths = {
      signingRequests: pathname + ROUTES.signingRequests,
      submitWithArtifact: pathname + ROUTES.submitWithArtifact,
    };
    this.#kinds = {
      fast: {
        what: "fast signing request",
        path: this.#paths.signingRequests,
        mouldOf: (template) => template.fast(),
        contentTypeOf: (template) => template.formContentType,
        decode: (body) => decodeFastAnswer(body, this.#redact),
      },
      signHash: {
        what: "SignHash request",
        path: pathname + ROUTES.signHash,
        mouldOf: (template) => template.signHash(),
        contentTypeOf: () => "application/json",
        decode: (body) => decodeSignHashAnswer(body, this.#redact),
      },
    };
    this.#metadata = metadataSource(config);
  }

  /**
   * The fixed part of the requests for one policy and algorithm.
   *
   * @param obsolete - why what is made from it is not to be sent any more, if it is not
   */
  template(
    target: SigningTarget,
    algorithm: RequestedAlgorithm,
    obsolete?: (attempts: number) => SignPathError | undefined,
  ): SigningTemplate {
    return new SigningTemplate(target, algorithm, this.#metadata, obsolete);
  }

  /**
   * `GET Cryptoki/MySigningPolicies`
   *
   * @param answered - is told how many requests it took
   */
  mySigningPolicies(
    filter: PolicyFilter = {},
    options?: SendOptions,
    answered?: (attempts: number) => void,
  ): Promise<SigningPolicyRecord[]> {
    const query = new URLSearchParams();
    if (filter.projectSlug !== undefined) query.set("projectSlug", filter.projectSlug);
    if (filter.signingPolicySlug !== undefined) query.set("signingPolicySlug", filter.signingPolicySlug);
    const route = query.size === 0 ? ROUTES.mySigningPolicies : `${ROUTES.mySigningPolicies}?${query}`;
    const get = this.#get("list of signing policies", "policy", route, MAX_ARTIFACT_BYTES);
    const decode = ({ body, attempts }: ApiAnswer): SigningPolicyRecord[] => {
      answered?.(attempts);
      return decodePolicies(body, this.#redact);
    };
    return this.#transport.send({ ...get, decode }, options);
  }

  /**
   * `POST SigningRequests` with `IsFastSigningRequest=true`
   *
   * @param recovery - what to do in place of failing
   */
  fastSign(
    template: SigningTemplate,
    hash: string,
    options: SendOptions = {},
    recovery?: Recovery,
  ): Promise<RawSignature> {
    const request = new SigningRequest(this.#kinds.fast, template, hash, options, recovery);
    return this.#transport.send(request, options);
  }

  /** `POST SigningRequests/SignHash` */
  signHash(template: SigningTemplate, hash: string, options: SendOptions = {}): Promise<RawSignature> {
    return this.#transport.send(new SigningRequest(this.#kinds.signHash, template, hash, options), options);
  }

  /**
   * `POST SigningRequests` or `POST SigningRequests/SubmitWithArtifact`, with `IsFastSigningRequest=false`
   *
   * @returns the id of the signing request, the page that shows it, and how many requests it took
   */
  submit(
    route: "signingRequests" | "submitWithArtifact",
    template: SigningTemplate,
    hash: string,
    options?: SendOptions,
  ): Promise<{ id: string; webLink: string | undefined; attempts: number }> {
    const mould = template.submission();
    const request: ApiRequest<{ id: string; webLink: string | undefined; attempts: number }> = {
      what: "asynchronous signing request",
      stage: "sign",
      method: "POST",
      path: this.#paths[route],
      contentType: template.formContentType,
      body: () => mould.pour(hash),
      obsolete: (attempts) => template.obsolete?.(attempts),
      maxBytes: MAX_ANSWER_BYTES,
      repeatable: false,
      decode: ({ body, headers, attempts }) => ({
        ...decodeSubmission(body, header(headers, "location"), this.#redact),
        attempts,
      }),
    };
    return this.#transport.send(request, options);
  }

  /** `GET SigningRequests/{id}/Status`, or with `long` `GET SigningRequests/{id}` */
  signingRequestState(id: string, long: boolean, options?: SendOptions): Promise<StateAnswer> {
    const route = long ? signingRequestRoute(id) : signingRequestStatusRoute(id);
    const get = this.#get("status of a signing request", "sign", route, MAX_ANSWER_BYTES, id);
    const decode = ({ body, attempts }: ApiAnswer): StateAnswer => ({
      ...decodeState(body, this.#redact),
      attempts,
    });
    return this.#transport.send({ ...get, decode }, options);
  }

  /** `GET SigningRequests/{id}/SignedArtifact` */
  signedArtifact(
    id: string,
    template: SigningTemplate,
    hash: string,
    options?: SendOptions,
  ): Promise<RawSignature> {
    const get = this.#get("signed artifact", "sign", signedArtifactRoute(id), MAX_ARTIFACT_BYTES, id);
    const decode = ({ body, attempts }: ApiAnswer): RawSignature => ({
      ...signatureOf(decodeFastAnswer(body, this.#redact), attempts, template, hash),
      signingRequestId: id,
    });
    return this.#transport.send({ ...get, decode }, options);
  }

  /** Requests that have not been answered, including those that wait for their turn. */
  get inFlight(): number {
    return this.#transport.inFlight;
  }

  /**
   * Begins an operation of several requests, which {@link close} waits for as a whole, until its {@link end}.
   *
   * @throws {SignPathError} `ABORTED` where the client is closed
   */
  begin(stage: SignPathErrorStage): void {
    this.#transport.begin(stage);
  }

  /** Ends what {@link begin} began. */
  end(): void {
    this.#transport.end();
  }

  /** Whether {@link close} was called. */
  get isClosing(): boolean {
    return this.#transport.isClosing;
  }

  /** Requests to other servers, with this client's settings. Loaded when there is one: few who sign need it. */
  outside(): Promise<Outside> {
    this.#outside ??= this.#openOutside();
    return this.#outside;
  }

  async #openOutside(): Promise<Outside> {
    const { Outside } = await import("./transport/outside.js");
    const outside = new Outside(this.config, this.config.token);
    if (this.#isClosed) await outside.close();
    return outside;
  }

  /** Waits for what is in flight, then closes all connections. */
  async close(): Promise<void> {
    await this.#transport.close();
    this.#isClosed = true;
    await (await this.#outside)?.close();
  }

  #get(
    what: string,
    stage: SignPathErrorStage,
    route: string,
    maxBytes: number,
    signingRequestId?: string,
  ): Omit<ApiRequest, "decode" | "recover"> {
    return {
      what,
      stage,
      method: "GET",
      path: this.config.baseUrl.pathname + route,
      maxBytes,
      repeatable: true,
      ...(signingRequestId !== undefined && { signingRequestId }),
    };
  }
}
