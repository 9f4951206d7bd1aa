import type { Store } from "../keys/store.js";
import { saveSubmitters } from "./account-file.js";
import type { Accounts } from "./accounts.js";

/** Changes who may submit to what, and keeps that. */
export class Submitters {
  readonly #store: Store | undefined;
  readonly #accounts: Accounts;
  #saving: Promise<void> = Promise.resolve();

  /** @param store where it is kept; without one it lasts as long as the emulator */
  constructor(store: Store | undefined, accounts: Accounts) {
    this.#store = store;
    this.#accounts = accounts;
  }

  /** @throws RangeError where there is no such user */
  set(slug: string, submitter: boolean, userName: string): void {
    const { user } = this.#accounts.byName(userName);
    if (submitter) user.submitter.add(slug);
    else user.submitter.delete(slug);
    const store = this.#store;
    // One after the other, and each with what holds by then.
    if (store !== undefined) this.#saving = this.#saving.then(() => this.#save(store)).catch(warn);
  }

  /** Waits until everything is kept. */
  settled(): Promise<void> {
    return this.#saving;
  }

  #save(store: Store): Promise<void> {
    const users = this.#accounts.organizations.flatMap((organization) => organization.users);
    return saveSubmitters(store, new Map(users.map(({ name, submitter }) => [name, submitter])));
  }
}

function warn(error: unknown): void {
  process.emitWarning(`The emulator cannot keep who may submit: ${String(error)}`);
}
