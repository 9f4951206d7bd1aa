import { createPublicKey } from "node:crypto";
import type { PolicyDefinition } from "../catalogue.js";
import { POLICIES, PROJECT_SLUG, requirePolicy } from "../catalogue.js";
import type { Authority } from "./authority.js";
import type { Bundle } from "./bundle.js";
import { loadOrMake, replace } from "./bundle.js";
import type { Validity } from "./certificate.js";
import { assertValidity } from "./certificate.js";
import type { CertifiedKey, Identity } from "./identity.js";
import { identityOf } from "./identity.js";
import type { SigningKey } from "./signing-key.js";
import { generateKey, loadKey } from "./signing-key.js";
import type { Store } from "./store.js";

/** What is to be new about a policy. */
export interface Rotation extends Validity {
  readonly newKey: boolean;
}

/** Whose keys they are. */
export interface KeyOwner {
  /** Begins the names of its files. */
  readonly prefix: string;
  /** The organization in the certificates. */
  readonly organizationName: string;
  /** Whether something may still have to be signed with that key. */
  readonly needsKey: (keyId: string) => boolean;
}

/** The keys and certificates of all policies of an organization, each made when somebody first needs it. */
export class KeyRing {
  readonly #store: Store;
  readonly #authority: Authority;
  readonly #owner: KeyOwner;
  /** By the policy's slug: who comes while an identity is made waits for the same one. */
  readonly #identities = new Map<string, Promise<Identity>>();
  /** By type and size: keys that no policy has, for signatures that must not verify. */
  readonly #foreignKeys = new Map<string, Promise<SigningKey>>();
  readonly #unfinished = new Set<Promise<unknown>>();

  constructor(store: Store, authority: Authority, owner: KeyOwner) {
    this.#owner = owner;
    this.#store = store;
    this.#authority = authority;
  }

  identity(policy: PolicyDefinition): Promise<Identity> {
    return this.#once(this.#identities, policy.slug, () => this.#load(policy));
  }

  /** A key that the policy has or has had, for what was submitted to it. */
  async certified(policy: PolicyDefinition, certified: CertifiedKey | Identity): Promise<SigningKey> {
    if ("key" in certified) return certified.key;
    const { keyId } = certified;
    const current = await this.identity(policy);
    if (current.keyId === keyId) return current.key;
    const name = this.#nameOfOld(policy, keyId);
    const { privateKey } = await loadOrMake(
      this.#store,
      name,
      () =>
        Promise.reject(
          new Error(`${this.#store.locate(`${name}.pem`)} is gone, with the key of this request.`),
        ),
      () => true,
    );
    return loadKey(policy.key, privateKey);
  }

  /** Another key of the same kind. */
  foreignKey({ spec }: SigningKey): Promise<SigningKey> {
    return this.#once(this.#foreignKeys, `${spec.type}-${spec.bits}`, async () =>
      loadKey(spec, await generateKey(spec)),
    );
  }

  /** Changes the certificate, and with `newKey` the key, of one policy; the next request meets the new one. */
  async rotate(slug: string, { newKey, ...validity }: Rotation): Promise<void> {
    const policy = requirePolicy(slug);
    assertValidity(validity);
    const before = await this.identity(policy);
    const make = async (): Promise<Identity> => {
      const bundle = await this.#certify(
        policy,
        newKey ? await generateKey(policy.key) : before.key.privateKey,
        validity,
      );
      if (newKey && this.#owner.needsKey(before.keyId)) {
        await replace(this.#store, this.#nameOfOld(policy, before.keyId), {
          privateKey: before.key.privateKey,
          certificate: before.certificate,
        });
      }
      await replace(this.#store, this.#fileName(policy), bundle);
      return this.#identity(policy, bundle);
    };
    const rotated = await this.#tracked(make());
    this.#identities.set(policy.slug, Promise.resolve(rotated));
  }

  async prepare(): Promise<void> {
    await Promise.all(POLICIES.map((policy) => this.identity(policy)));
  }

  /** Waits until nothing is being made any more. */
  async settled(): Promise<void> {
    while (this.#unfinished.size > 0) await Promise.allSettled(this.#unfinished);
  }

  async #load(policy: PolicyDefinition): Promise<Identity> {
    const bundle = await loadOrMake(
      this.#store,
      this.#fileName(policy),
      async () => this.#certify(policy, await this.#newKey(policy)),
      ({ privateKey, certificate }) =>
        certificate === undefined
          ? policy.certificateType !== "X509"
          : this.#authority.vouchesFor(certificate, privateKey),
    );
    return this.#identity(policy, bundle);
  }

  async #newKey(policy: PolicyDefinition): Promise<Bundle["privateKey"]> {
    if (policy.sharesKeyOf === undefined) return generateKey(policy.key);
    return (await this.identity(requirePolicy(policy.sharesKeyOf))).key.privateKey;
  }

  async #certify(
    policy: PolicyDefinition,
    privateKey: Bundle["privateKey"],
    validity?: Validity,
  ): Promise<Bundle> {
    if (policy.certificateType !== "X509") return { privateKey, certificate: undefined };
    const subject = `CN=${policy.slug}, OU=${PROJECT_SLUG}, O=${this.#owner.organizationName}`;
    const certificate = await this.#authority.issue(subject, createPublicKey(privateKey), validity);
    return { privateKey, certificate };
  }

  async #identity(policy: PolicyDefinition, { privateKey, certificate }: Bundle): Promise<Identity> {
    return identityOf(policy, await loadKey(policy.key, privateKey), certificate);
  }

  #fileName(policy: PolicyDefinition): string {
    return `${this.#owner.prefix}policy-${policy.slug}`;
  }

  #nameOfOld(policy: PolicyDefinition, keyId: string): string {
    return `${this.#owner.prefix}former-${policy.slug}-${keyId.slice(0, 32)}`;
  }

  #once<T>(made: Map<string, Promise<T>>, name: string, make: () => Promise<T>): Promise<T> {
    const existing = made.get(name);
    if (existing !== undefined) return existing;
    const making = this.#tracked(make());
    made.set(name, making);
    // What failed is tried again by the next one who asks.
    making.catch(() => made.delete(name));
    return making;
  }

  #tracked<T>(work: Promise<T>): Promise<T> {
    this.#unfinished.add(work);
    const done = (): void => {
      this.#unfinished.delete(work);
    };
    work.then(done, done);
    return work;
  }
}
