import { performance } from "node:perf_hooks";
import type { ApiClient, PolicyFilter } from "../api/client.js";
import type { HashSigner } from "../api/hash-signer.js";
import type { CallOptions } from "../api/transport/request.js";
import { requireSignal } from "../base/abort.js";
import { messageOf, SignPathError } from "../base/errors.js";
import { SharedWork } from "../base/shared-work.js";
import { mostSimilar } from "../base/similar.js";
import type { SigningPolicyRecord } from "../wire/policies.js";
import type { PolicySlugs } from "./reference.js";
import type { PolicyOperations } from "./signing-policy.js";
import { SigningPolicy } from "./signing-policy.js";
import type { PolicyConnection } from "./state.js";
import { PolicyState } from "./state.js";

/** How long a suggestion may take. */
const SUGGESTION_MS = 5000;

interface Entry {
  readonly policy: SigningPolicy;
  readonly state: PolicyState;
  fetchedAt: number;
  /** Of the request that it was last described by. */
  sequence: number;
}

/** The policies that a client has seen, each as one object for the client's life. */
export class PolicyDirectory {
  readonly #api: ApiClient;
  readonly #signer: HashSigner;
  readonly #operations: PolicyOperations;
  readonly #connection: PolicyConnection;
  readonly #entries = new Map<string, Entry>();
  /** The same by names in another case, which the server has forgiven. */
  readonly #aliases = new Map<string, Entry>();
  readonly #fetches = new SharedWork<Entry>();
  /** Apart from the others: one that was under way already may bring what was so before. */
  readonly #refetches = new SharedWork<Entry>();
  /** Requests so far, to tell a newer answer from an older one that came later. */
  #sequence = 0;

  constructor(api: ApiClient, signer: HashSigner, operations: PolicyOperations) {
    this.#api = api;
    this.#signer = signer;
    this.#operations = operations;
    this.#connection = {
      api,
      signer,
      refetch: async (slugs, signal) => {
        await this.#refetches.join(
          keyOf(slugs),
          (shared) => this.#fetch(slugs, shared, true),
          signal,
          aborted,
        );
      },
    };
  }

  /** The policies that the token's user may use, fetched at each call. */
  async list(filter: PolicyFilter = {}, options: CallOptions = {}): Promise<SigningPolicy[]> {
    this.#api.begin("policy");
    const sequence = ++this.#sequence;
    try {
      const records = await this.#api.mySigningPolicies(filter, options);
      this.#signer.serverIsKnown();
      const matching = records.filter((record) => matches(record, filter));
      return matching.map((record) => this.#take(record, sequence).policy);
    } finally {
      this.#api.end();
    }
  }

  /**
   * One policy, fetched unless it is known for less than `policyCacheMs`.
   *
   * @throws {SignPathError} `POLICY_NOT_FOUND`
   */
  async get(slugs: PolicySlugs, { signal }: CallOptions = {}): Promise<SigningPolicy> {
    requireSignal(signal);
    if (signal?.aborted) throw aborted(signal.reason);
    const known = this.#entries.get(keyOf(slugs)) ?? this.#aliases.get(keyOf(slugs));
    const isFresh =
      known !== undefined && performance.now() - known.fetchedAt < this.#api.config.policyCacheMs;
    if (isFresh && !this.#api.isClosing) return known.policy;
    this.#api.begin("policy");
    try {
      const fetch = (shared: AbortSignal): Promise<Entry> => this.#fetch(slugs, shared);
      return (await this.#fetches.join(keyOf(slugs), fetch, signal, aborted)).policy;
    } finally {
      this.#api.end();
    }
  }

  /** @param ahead - before calls that wait: what they are to sign with may have changed */
  async #fetch(
    { projectSlug, signingPolicySlug }: PolicySlugs,
    signal: AbortSignal,
    ahead = false,
  ): Promise<Entry> {
    const filter = { projectSlug, signingPolicySlug };
    const sequence = ++this.#sequence;
    let attempts = 1;
    const records = await this.#api.mySigningPolicies(filter, { signal, ahead }, (count) => {
      attempts = count;
    });
    this.#signer.serverIsKnown();
    const record =
      records.find((each) => keyOf(each) === keyOf(filter)) ?? records.find((each) => matches(each, filter));
    if (record !== undefined) {
      const entry = this.#take(record, sequence);
      this.#aliases.set(keyOf(filter), entry);
      return entry;
    }
    const meant = await this.#meant(filter, signal);
    throw new SignPathError(
      "POLICY_NOT_FOUND",
      `there is no signing policy ${projectSlug}/${signingPolicySlug} for this API token: ${meant === undefined ? "" : `did you mean ${meant}? If not, `}check both slugs, and that the token's user is a submitter of the policy`,
      { stage: "policy", attempts },
    );
  }

  /** The policy whose name was probably misspelt, of those that the token's user may use. */
  async #meant(
    { projectSlug, signingPolicySlug }: PolicySlugs,
    signal: AbortSignal,
  ): Promise<string | undefined> {
    try {
      const brief = AbortSignal.any([signal, AbortSignal.timeout(SUGGESTION_MS)]);
      const records = await this.#api.mySigningPolicies({}, { signal: brief });
      const references = records
        .map((record) => `${record.projectSlug}/${record.signingPolicySlug}`)
        .filter((reference) => !this.#api.config.token.isIn(reference));
      return mostSimilar(`${projectSlug}/${signingPolicySlug}`, references);
    } catch {
      // There is an error to be told already.
      return undefined;
    }
  }

  #take(record: SigningPolicyRecord, sequence: number): Entry {
    const key = keyOf(record);
    let entry = this.#entries.get(key);
    if (entry === undefined) {
      const state = new PolicyState(record, this.#connection);
      entry = { state, policy: new SigningPolicy(state, this.#operations), fetchedAt: 0, sequence };
      this.#entries.set(key, entry);
    } else if (sequence >= entry.sequence) {
      entry.state.update(record);
      entry.sequence = sequence;
    }
    entry.fetchedAt = performance.now();
    return entry;
  }
}

function aborted(cause: unknown): SignPathError {
  return new SignPathError("ABORTED", `The call was aborted: ${messageOf(cause)}`, {
    stage: "policy",
    cause,
  });
}

function keyOf({ projectSlug, signingPolicySlug }: PolicySlugs): string {
  return JSON.stringify([projectSlug, signingPolicySlug]);
}

/** Whether the service tells upper from lower case in slugs is not documented, nor what one filter alone does. */
function matches(record: PolicySlugs, filter: PolicyFilter): boolean {
  return (
    sameSlug(record.projectSlug, filter.projectSlug) &&
    sameSlug(record.signingPolicySlug, filter.signingPolicySlug)
  );
}

function sameSlug(slug: string, wanted: string | undefined): boolean {
  return wanted === undefined || slug.toLowerCase() === wanted.toLowerCase();
}
