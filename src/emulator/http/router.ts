import { API_VERSION, ROUTES } from "../../wire/routes.js";

/** The routes of the emulator, as the log and the faults name them. */
export type RouteName =
  | "mySigningPolicies"
  | "signingRequests"
  | "submitWithArtifact"
  | "signHash"
  | "signingRequest"
  | "signingRequestStatus"
  | "signedArtifact"
  | "unsignedArtifact"
  | "cancelSigningRequest"
  | "signingRequestPage"
  | "caCertificates"
  | "about"
  | "timestamp"
  | "admin"
  | "page"
  | "unknown";

/** Where a request goes. */
export interface Destination {
  readonly route: RouteName;
  /** The one method of the route; one without it has several, or none. */
  readonly method?: "GET" | "POST";
  /** Below `/admin/`: in lower case, as the path has it. */
  readonly action?: string;
  /** A page asks for a route of the API: its session stands for a token, and for the organization. */
  readonly byPage?: boolean;
  /** Of a page: the path in lower case. */
  readonly page?: string;
  /** Below the API: in lower case, as the path has it. */
  readonly organizationId?: string;
  /** The signing request that the path names, in lower case. */
  readonly id?: string;
}

/** The routes of the API: those that need the token, and that a fault for `*` means. */
export const API_ROUTES: ReadonlySet<RouteName> = new Set([
  "mySigningPolicies",
  "signingRequests",
  "submitWithArtifact",
  "signHash",
  "signingRequest",
  "signingRequestStatus",
  "signedArtifact",
  "unsignedArtifact",
  "cancelSigningRequest",
]);

/** The routes that submit to a policy. */
export const SUBMITTING_ROUTES: ReadonlySet<RouteName> = new Set([
  "signingRequests",
  "submitWithArtifact",
  "signHash",
]);

/** Every route that a fault can name. */
export const ALL_ROUTES: ReadonlySet<RouteName> = new Set([
  ...API_ROUTES,
  "signingRequestPage",
  "caCertificates",
  "about",
  "timestamp",
  "unknown",
]);

/** Paths with nothing variable in them, in lower case. */
const FIXED: ReadonlyMap<string, Destination> = new Map([
  [ROUTES.mySigningPolicies.toLowerCase(), { route: "mySigningPolicies", method: "GET" }],
  [ROUTES.signingRequests.toLowerCase(), { route: "signingRequests", method: "POST" }],
  [ROUTES.submitWithArtifact.toLowerCase(), { route: "submitWithArtifact", method: "POST" }],
  [ROUTES.signHash.toLowerCase(), { route: "signHash", method: "POST" }],
]);

/** What can follow the id of a signing request. */
const OF_ONE_REQUEST: ReadonlyMap<string, RouteName> = new Map([
  ["", "signingRequest"],
  ["/status", "signingRequestStatus"],
  ["/signedartifact", "signedArtifact"],
  ["/unsignedartifact", "unsignedArtifact"],
  ["/cancel", "cancelSigningRequest"],
]);

const UUID = "[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}";
const API = new RegExp(`^/api/${API_VERSION}/(${UUID})/(.+)$`);
const ONE_REQUEST = new RegExp(`^${ROUTES.signingRequests.toLowerCase()}/(${UUID})(/.*)?$`);
const PAGE = new RegExp(`^/web/(${UUID})/signingrequests/(${UUID})$`);
/** Where the pages for people are, but for the first one and those of signing requests. */
export const PAGES_PATH = "/ui";
const UNKNOWN: Destination = { route: "unknown" };
/** The service has all it has below `/Api` and `/Web`. */
const ADMIN = "/admin/";
/** Where the timestamp authority is. */
export const TIMESTAMP_PATH = "/tsa";

/** A well-formed organization id. */
export const ORGANIZATION_ID: RegExp = new RegExp(`^${UUID}$`, "i");

/** Finds the route of a path (without its query), which may be in any case and end in a slash. */
export function routeOf(path: string): Destination {
  if (path === "/") return { route: "about", method: "GET" };
  const lower = path.toLowerCase().replace(/\/$/, "");
  const api = API.exec(lower);
  if (api?.[1] !== undefined && api[2] !== undefined) return apiRoute(api[1], api[2]);
  if (lower === "/ca.pem") return { route: "caCertificates", method: "GET" };
  if (lower === TIMESTAMP_PATH) return { route: "timestamp", method: "POST" };
  if (lower === `${PAGES_PATH}/api/signingrequests`) {
    return { route: "signingRequests", method: "POST", byPage: true };
  }
  if (lower === PAGES_PATH || lower.startsWith(`${PAGES_PATH}/`)) return { route: "page", page: lower };
  if (lower.startsWith(ADMIN)) return { route: "admin", action: lower.slice(ADMIN.length) };
  const page = PAGE.exec(lower);
  if (page?.[1] !== undefined && page[2] !== undefined) {
    return { route: "signingRequestPage", method: "GET", organizationId: page[1], id: page[2] };
  }
  return UNKNOWN;
}

function apiRoute(organizationId: string, rest: string): Destination {
  const fixed = FIXED.get(rest);
  if (fixed !== undefined) return { ...fixed, organizationId };
  const one = ONE_REQUEST.exec(rest);
  const route = OF_ONE_REQUEST.get(one?.[2] ?? "");
  if (one?.[1] === undefined || route === undefined) return UNKNOWN;
  const method = route === "cancelSigningRequest" ? "POST" : "GET";
  return { route, method, organizationId, id: one[1] };
}

/** The address of the page about one signing request. */
export function pageAddress(origin: string, organizationId: string, id: string): string {
  return `${origin}/Web/${organizationId}/SigningRequests/${id}`;
}
