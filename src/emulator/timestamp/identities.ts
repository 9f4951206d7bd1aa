import type { KeyObject } from "node:crypto";
import { createPublicKey } from "node:crypto";
import type { Authority } from "../keys/authority.js";
import { openAuthority } from "../keys/authority.js";
import { loadOrMake } from "../keys/bundle.js";
import type { CertificateOptions } from "../keys/certificate.js";
import { derOf } from "../keys/pem.js";
import { generateKey } from "../keys/signing-key.js";
import type { Store } from "../keys/store.js";
import { MEMORY } from "../keys/store.js";
import type { TimestampMistake } from "./mistakes.js";

/** The key of a timestamp authority, and its certificate with those above it but for the root; DER. */
export interface TimestampIdentity {
  /** ECDSA with P-256. */
  readonly privateKey: KeyObject;
  readonly certificate: Buffer;
  readonly issuers: readonly Buffer[];
}

const DAY_MS = 86_400_000;
const TIME_STAMPING = "1.3.6.1.5.5.7.3.8";
const CODE_SIGNING = "1.3.6.1.5.5.7.3.3";

/** The timestamp authority of an emulator: its key is made when somebody first needs it. */
export class TimestampIdentities {
  readonly #store: Store;
  readonly #authority: Authority;
  #own: Promise<TimestampIdentity> | undefined;

  constructor(store: Store, authority: Authority) {
    this.#store = store;
    this.#authority = authority;
  }

  /** The right one. */
  own(): Promise<TimestampIdentity> {
    if (this.#own === undefined) {
      this.#own = this.#load();
      // What failed is tried again by the next one who asks.
      this.#own.catch(() => {
        this.#own = undefined;
      });
    }
    return this.#own;
  }

  /** One with that mistake in it, or the right one where the mistake is elsewhere. */
  async spoilt(mistake: TimestampMistake | undefined): Promise<TimestampIdentity> {
    const inDays = (days: number): Date => new Date(Date.now() + days * DAY_MS);
    switch (mistake) {
      case "expired":
        return this.#make(this.#authority, { validity: { validFrom: inDays(-30), validTo: inDays(-1) } });
      case "usage":
        return this.#make(this.#authority, { purposes: [CODE_SIGNING] });
      case "more-usages":
        return this.#make(this.#authority, { purposes: [TIME_STAMPING, CODE_SIGNING] });
      case "uncritical-usage":
        return this.#make(this.#authority, { purposesAreCritical: false });
      case "untrusted":
        return this.#make(await openAuthority(MEMORY), {});
      default:
        return this.own();
    }
  }

  /** Waits until nothing is being made any more. */
  async settled(): Promise<void> {
    await this.#own?.catch(() => undefined);
  }

  async #load(): Promise<TimestampIdentity> {
    const bundle = await loadOrMake(
      this.#store,
      "timestamp",
      () => this.#make(this.#authority, {}),
      ({ privateKey, certificate }) =>
        certificate !== undefined && this.#authority.vouchesFor(certificate, privateKey),
    );
    if (bundle.certificate === undefined) throw new Error("The timestamp authority has no certificate.");
    return { ...bundle, certificate: bundle.certificate, issuers: issuersOf(this.#authority) };
  }

  async #make(authority: Authority, options: CertificateOptions): Promise<TimestampIdentity> {
    const privateKey = await generateKey({ type: "Ecdsa", bits: 256, curve: "P-256" });
    const certificate = await authority.issueForTimestamps(createPublicKey(privateKey), options);
    return { privateKey, certificate, issuers: issuersOf(authority) };
  }
}

function issuersOf({ intermediateCertificate }: Authority): Buffer[] {
  const der = derOf("CERTIFICATE", intermediateCertificate);
  return der === undefined ? [] : [der];
}
