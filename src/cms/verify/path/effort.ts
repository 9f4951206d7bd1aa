/** What a verification may cost in all, whatever certificates and signatures it is given. */
export class Effort {
  /** Signatures of certificates and CRLs that are checked. */
  #checks = 1500;
  /** Certificates that are looked at in the search for paths. */
  #steps = 20_000;
  /** Whole paths that are judged. */
  #paths = 600;
  /** Signatures that are verified, counter-signatures and those of timestamps included. */
  #signers = 400;

  get isUsedUp(): boolean {
    return this.#checks <= 0 || this.#steps <= 0 || this.#paths <= 0 || this.#signers <= 0;
  }

  check(): void {
    this.#checks -= 1;
  }

  step(): void {
    this.#steps -= 1;
  }

  path(): void {
    this.#paths -= 1;
  }

  signer(): void {
    this.#signers -= 1;
  }
}
