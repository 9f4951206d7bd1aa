import { POLICIES } from "../catalogue.js";
import { ORGANIZATION_ID } from "../http/router.js";

/** Signing policies by their slugs; `"*"` is all of them. */
export type PolicyList = readonly string[] | "*";

/** Who may do what, by the API token. Names are SignPath's, but for `administrator`. */
export interface UserOptions {
  /** Letters, digits, spaces and `. _ @ -`; no two users of an emulator have the same. */
  readonly name: string;
  /** Default: that of the state directory, or a random one. It is not kept. */
  readonly apiToken?: string;
  /** Default `"ci"`. It is shown, and changes nothing: both kinds have tokens. */
  readonly kind?: UserKind;
  /** Whether the token is one that works; default `"active"`. */
  readonly tokenStatus?: TokenStatus;
  /** The policies that the user may submit to; default none. */
  readonly submitter?: PolicyList;
  /** The policies whose signing requests the user may approve and deny; default none. */
  readonly approver?: PolicyList;
  /** Whether the user may read every signing request of the organization; default `false`. */
  readonly auditor?: boolean;
  /** Whether the user may drive the emulator below `/admin/`; default: the first user, where no other one does. */
  readonly administrator?: boolean;
}

/** An organization and its users. */
export interface OrganizationOptions {
  /** A UUID. Default: one that follows from its place among the organizations. */
  readonly organizationId?: string;
  /** Like a user's; it is in the certificates of the policies. */
  readonly name: string;
  /** At least one. */
  readonly users: readonly UserOptions[];
}

/** A build server's user, or a person. */
export type UserKind = "ci" | "interactive";

/** Whether an API token works; one that has expired or was revoked is answered with 401. */
export type TokenStatus = "active" | "expired" | "revoked";

/** The same with nothing left out. */
export interface UserSettings extends Required<Omit<UserOptions, "apiToken" | "submitter" | "approver">> {
  readonly apiToken: string | undefined;
  readonly submitter: readonly string[];
  readonly approver: readonly string[];
}

export interface OrganizationSettings {
  readonly organizationId: string;
  readonly name: string;
  readonly users: readonly UserSettings[];
}

export const DEFAULT_ORGANIZATION_ID = "de300000-0000-4000-8000-000000000000";

/** What a header can carry: visible ASCII. */
export const API_TOKEN: RegExp = /^[\x21-\x7e]+$/;
const NAME = /^[\p{L}\p{N}][\p{L}\p{N} ._@-]{0,63}$/u;
const SLUGS: readonly string[] = POLICIES.map(({ slug }) => slug);
const SUBMITTED_TO: readonly string[] = POLICIES.filter(({ submitter }) => submitter).map(({ slug }) => slug);

/** One organization with one CI user, who may do everything but submit to the policy `forbidden`. */
export function defaultOrganizations(
  organizationId: string = DEFAULT_ORGANIZATION_ID,
): OrganizationSettings[] {
  const user = { name: "ci", submitter: SUBMITTED_TO, approver: "*", auditor: true } as const;
  return organizationsOf([{ organizationId, name: "SignPath Emulator", users: [user] }]);
}

/** @throws TypeError where something about them is malformed */
export function organizationsOf(given: unknown): OrganizationSettings[] {
  const organizations = list("organizations", given).map(organizationOf);
  unique(
    "organizationId",
    organizations.map(({ organizationId }) => organizationId),
  );
  const users = organizations.flatMap((organization) => organization.users);
  unique(
    "name of a user",
    users.map(({ name }) => name),
  );
  unique(
    "apiToken",
    users.flatMap(({ apiToken }) => apiToken ?? []),
    true,
  );
  if (users.some(({ administrator }) => administrator)) return organizations;
  return organizations.map((organization, place) => ({
    ...organization,
    users: organization.users.map((user, at) => ({ ...user, administrator: place === 0 && at === 0 })),
  }));
}

function organizationOf(given: unknown, place: number): OrganizationSettings {
  const organization = fields("An organization", given, ["organizationId", "name", "users"]);
  const {
    organizationId = DEFAULT_ORGANIZATION_ID.replace(/.{6}$/, String(place).padStart(6, "0")),
    name,
    users,
  } = organization;
  if (typeof organizationId !== "string" || !ORGANIZATION_ID.test(organizationId)) {
    throw new TypeError(`organizationId must be a UUID, not ${shown(organizationId)}.`);
  }
  return { organizationId, name: nameOf("an organization", name), users: list("users", users).map(userOf) };
}

function userOf(given: unknown): UserSettings {
  const user = fields("A user", given, [
    ...["name", "apiToken", "kind", "tokenStatus", "submitter", "approver", "auditor", "administrator"],
  ]);
  const { apiToken, auditor = false, administrator = false } = user;
  if (apiToken !== undefined && (typeof apiToken !== "string" || !API_TOKEN.test(apiToken))) {
    throw new TypeError("apiToken must be visible ASCII without spaces.");
  }
  if (typeof auditor !== "boolean")
    throw new TypeError(`auditor must be true or false, not ${shown(auditor)}.`);
  if (typeof administrator !== "boolean") {
    throw new TypeError(`administrator must be true or false, not ${shown(administrator)}.`);
  }
  return {
    name: nameOf("a user", user["name"]),
    apiToken,
    kind: oneOf("kind", user["kind"] ?? "ci", ["ci", "interactive"]),
    tokenStatus: oneOf("tokenStatus", user["tokenStatus"] ?? "active", ["active", "expired", "revoked"]),
    submitter: policiesOf("submitter", user["submitter"] ?? []),
    approver: policiesOf("approver", user["approver"] ?? []),
    auditor,
    administrator,
  };
}

function policiesOf(field: string, given: unknown): readonly string[] {
  if (given === "*") return SLUGS;
  if (!Array.isArray(given))
    throw new TypeError(`${field} must be an array of slugs or "*", not ${shown(given)}.`);
  for (const slug of given) {
    if (!SLUGS.includes(slug)) {
      throw new TypeError(`${field} names no signing policy: ${shown(slug)}. There are ${SLUGS.join(", ")}.`);
    }
  }
  return [...new Set<string>(given)];
}

function fields(what: string, given: unknown, names: readonly string[]): Readonly<Record<string, unknown>> {
  if (typeof given !== "object" || given === null || Array.isArray(given)) {
    throw new TypeError(`${what} must be an object, not ${shown(given)}.`);
  }
  const unknown = Object.keys(given).find((name) => !names.includes(name));
  if (unknown !== undefined) throw new TypeError(`${what} has no '${unknown}'; it has ${names.join(", ")}.`);
  return { ...given };
}

function list(field: string, given: unknown): readonly unknown[] {
  if (!Array.isArray(given) || given.length === 0)
    throw new TypeError(`${field} must be an array with something in it.`);
  return given;
}

function nameOf(whose: string, given: unknown): string {
  if (typeof given === "string" && NAME.test(given)) return given;
  throw new TypeError(
    `The name of ${whose} must begin with a letter or digit and have up to 64 letters, digits, spaces and ". _ @ -", not ${shown(given)}.`,
  );
}

function oneOf<T extends string>(field: string, given: unknown, values: readonly T[]): T {
  const found = values.find((value) => value === given);
  if (found === undefined)
    throw new TypeError(`${field} must be ${values.join(" or ")}, not ${shown(given)}.`);
  return found;
}

function unique(what: string, values: readonly string[], secret = false): void {
  const twice = values.find((value, at) => values.indexOf(value) !== at);
  if (twice !== undefined) throw new TypeError(`Two have the same ${what}${secret ? "" : `: '${twice}'`}.`);
}

function shown(value: unknown): string {
  return typeof value === "string" ? `'${value}'` : String(JSON.stringify(value) ?? value);
}
