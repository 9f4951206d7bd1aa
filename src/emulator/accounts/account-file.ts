import { randomBytes } from "node:crypto";
import { own, parseJsonObject } from "../json.js";
import type { Store } from "../keys/store.js";
import { UnusableState } from "../keys/store.js";
import type { OrganizationSettings, UserSettings } from "./options.js";
import { API_TOKEN, defaultOrganizations, organizationsOf } from "./options.js";

/** What the emulator was started with. */
export interface AccountChoice {
  readonly organizations: readonly OrganizationSettings[] | undefined;
  readonly organizationId: string | undefined;
  /** Of the first user. */
  readonly apiToken: string | undefined;
}

/** An organization whose users all have their tokens. */
export interface AccountRecord extends OrganizationSettings {
  readonly users: readonly (UserSettings & { readonly apiToken: string })[];
}

const FILE = "emulator.json";
const VERSION = 2;

/** What the choice gives, and for the rest what the store keeps. A token that was given is not kept. */
export async function openAccounts(store: Store, choice: AccountChoice): Promise<readonly AccountRecord[]> {
  const { organizations, organizationId, apiToken } = choice;
  const wanted = organizations ?? defaultOrganizations(organizationId);
  const text = await store.loadOrCreate(FILE, async () => encode(withTokens(wanted, [])));
  const kept = decode(text);
  if (kept === undefined) {
    throw new UnusableState(`${store.locate(FILE)} is malformed; remove it, and the emulator makes another.`);
  }
  const current = organizations === undefined ? kept : withTokens(organizations, kept);
  if (organizations !== undefined) await saveAccounts(store, current, text);
  return current.map((organization, place) => ({
    ...organization,
    organizationId: (place === 0 ? organizationId : undefined) ?? organization.organizationId,
    users: organization.users.map((user, at) => ({
      ...user,
      apiToken: (place + at === 0 ? apiToken : undefined) ?? given(wanted, user.name) ?? user.apiToken,
    })),
  }));
}

/** Keeps what is not as it was. */
async function saveAccounts(store: Store, records: readonly AccountRecord[], before: string): Promise<void> {
  const text = encode(records);
  if (text !== before) await store.replace(FILE, text);
}

/** Keeps who may submit to what from now on. */
export async function saveSubmitters(
  store: Store,
  submitters: ReadonlyMap<string, ReadonlySet<string>>,
): Promise<void> {
  const text = await store.loadOrCreate(FILE, () =>
    Promise.reject(new Error(`${store.locate(FILE)} is gone.`)),
  );
  const kept = decode(text);
  if (kept === undefined) return;
  const records = kept.map((organization) => ({
    ...organization,
    users: organization.users.map((user) => ({
      ...user,
      submitter: [...(submitters.get(user.name) ?? user.submitter)],
    })),
  }));
  await saveAccounts(store, records, text);
}

/** Everybody gets a token to keep: the one that the same user has had, or a new one. */
function withTokens(
  organizations: readonly OrganizationSettings[],
  kept: readonly AccountRecord[],
): AccountRecord[] {
  const before = new Map(kept.flatMap(({ users }) => users.map(({ name, apiToken }) => [name, apiToken])));
  return organizations.map((organization) => ({
    ...organization,
    users: organization.users.map((user) => ({ ...user, apiToken: before.get(user.name) ?? randomToken() })),
  }));
}

function given(organizations: readonly OrganizationSettings[], name: string): string | undefined {
  for (const { users } of organizations) {
    const user = users.find((each) => each.name === name);
    if (user !== undefined) return user.apiToken;
  }
  return undefined;
}

function encode(organizations: readonly AccountRecord[]): string {
  return `${JSON.stringify({ version: VERSION, organizations }, undefined, 2)}\n`;
}

function decode(text: string): AccountRecord[] | undefined {
  const file = parseJsonObject(Buffer.from(text)) ?? {};
  try {
    const organizations = Object.hasOwn(file, "version")
      ? own(file, "version") === VERSION && organizationsOf(own(file, "organizations"))
      : ofTheFirstVersion(file);
    return organizations === false ? undefined : complete(organizations);
  } catch (error) {
    if (error instanceof TypeError) return undefined;
    throw error;
  }
}

/** One organization, and the token of its user. */
function ofTheFirstVersion(file: Readonly<Record<string, unknown>>): OrganizationSettings[] {
  const [organizationId, apiToken] = [own(file, "organizationId"), own(file, "apiToken")];
  if (typeof organizationId !== "string" || typeof apiToken !== "string" || !API_TOKEN.test(apiToken)) {
    throw new TypeError("This is no account.");
  }
  return defaultOrganizations(organizationId).map((organization) => ({
    ...organization,
    users: organization.users.map((user) => ({ ...user, apiToken })),
  }));
}

function complete(organizations: readonly OrganizationSettings[]): AccountRecord[] {
  return organizations.map((organization) => ({
    ...organization,
    users: organization.users.map((user) => {
      if (user.apiToken === undefined) throw new TypeError("A user has no token.");
      return { ...user, apiToken: user.apiToken };
    }),
  }));
}

/** Base64 like a real one, with the two characters that wrong escaping spoils. */
function randomToken(): string {
  for (;;) {
    const token = randomBytes(33).toString("base64");
    if (token.includes("+") && token.includes("/")) return token;
  }
}
