import { createHash } from "node:crypto";
import type { KeyRing } from "../keys/key-ring.js";
import type { TokenStatus, UserKind } from "./options.js";

/** Whoever has the token. */
export interface User {
  readonly name: string;
  readonly kind: UserKind;
  readonly apiToken: string;
  readonly tokenStatus: TokenStatus;
  /** Slugs of policies; they change while the emulator runs. */
  readonly submitter: Set<string>;
  readonly approver: ReadonlySet<string>;
  readonly auditor: boolean;
  readonly administrator: boolean;
}

export interface Organization {
  /** As it was given; compare it in lower case. */
  readonly id: string;
  readonly name: string;
  readonly users: readonly User[];
  readonly keys: KeyRing;
}

/** A user and the organization that it belongs to. */
export interface Caller {
  readonly user: User;
  readonly organization: Organization;
}

/** Every organization of the emulator with its users. */
export class Accounts {
  readonly organizations: readonly Organization[];
  /** The first user of the first organization: whose emulator it is where nobody says whose. */
  readonly first: Caller;
  readonly #byToken: ReadonlyMap<string, Caller>;
  readonly #secrets: readonly string[];

  constructor(organizations: readonly Organization[]) {
    this.organizations = organizations;
    const callers = organizations.flatMap((organization) =>
      organization.users.map((user) => ({ user, organization })),
    );
    const [first] = callers;
    if (first === undefined) throw new RangeError("An emulator needs a user.");
    this.first = first;
    this.#byToken = new Map(callers.map((caller) => [digestOf(caller.user.apiToken), caller]));
    const tokens = callers.map(({ user }) => user.apiToken).sort((a, b) => b.length - a.length);
    this.#secrets = tokens.flatMap((token) => [
      token,
      encodeURIComponent(token),
      JSON.stringify(token).slice(1, -1),
    ]);
  }

  /** Compares digests: how long that takes tells nothing about a token. */
  byToken(apiToken: string): Caller | undefined {
    return this.#byToken.get(digestOf(apiToken));
  }

  /** @throws RangeError where nobody has that name */
  byName(name: string): Caller {
    for (const organization of this.organizations) {
      const user = organization.users.find((each) => each.name === name);
      if (user !== undefined) return { user, organization };
    }
    throw new RangeError(`The emulator has no user '${name}'.`);
  }

  organization(id: string): Organization | undefined {
    return this.organizations.find((each) => each.id.toLowerCase() === id.toLowerCase());
  }

  /** The text without any user's token. */
  blackOut(text: string): string {
    let clean = text;
    for (const secret of this.#secrets) {
      if (clean.includes(secret)) clean = clean.replaceAll(secret, "[token]");
    }
    return clean;
  }
}

function digestOf(apiToken: string): string {
  return createHash("sha256").update(apiToken).digest("base64");
}
