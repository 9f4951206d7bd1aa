import { SignPathError } from "../base/errors.js";
import type { ApiToken } from "../config/token.js";

/** Names a signing policy: `"project/policy"`, or both slugs. */
export type PolicyReference =
  | string
  | { readonly projectSlug?: string | undefined; readonly signingPolicySlug?: string | undefined };

/** Both slugs of a policy. */
export interface PolicySlugs {
  readonly projectSlug: string;
  readonly signingPolicySlug: string;
}

/**
 * The slugs that a reference means; what it leaves out is the configured default.
 *
 * @throws {SignPathError} `CONFIG_INVALID` where a slug is missing or the text has not the form `project/policy`.
 */
export function resolveReference(
  reference: PolicyReference | undefined,
  defaults: { readonly projectSlug: string | undefined; readonly signingPolicySlug: string | undefined },
): PolicySlugs {
  if (typeof reference === "string") {
    const [projectSlug, signingPolicySlug, ...rest] = reference.split("/");
    if (!projectSlug || !signingPolicySlug || rest.length > 0) {
      throw invalid(
        `${JSON.stringify(reference.slice(0, 200))} is no signing policy: it must have the form project/policy`,
      );
    }
    return { projectSlug, signingPolicySlug };
  }
  if (reference !== undefined && (typeof reference !== "object" || reference === null)) {
    throw invalid('a signing policy is named by "project/policy" or { projectSlug, signingPolicySlug }');
  }
  const projectSlug = slug(
    reference?.projectSlug ?? defaults.projectSlug,
    "projectSlug",
    "SIGNPATH_PROJECT_SLUG",
  );
  const signingPolicySlug = slug(
    reference?.signingPolicySlug ?? defaults.signingPolicySlug,
    "signingPolicySlug",
    "SIGNPATH_SIGNING_POLICY_SLUG",
  );
  return { projectSlug, signingPolicySlug };
}

/**
 * Refuses slugs with the API token in them, as when the two were mixed up: they stand in an address, in events and in
 * messages.
 *
 * @throws {SignPathError} `CONFIG_INVALID`
 */
export function assertNoToken(reference: PolicyReference | undefined, token: ApiToken): void {
  const texts: readonly unknown[] =
    typeof reference === "string" ? [reference] : [reference?.projectSlug, reference?.signingPolicySlug];
  if (texts.some((text) => typeof text === "string" && token.isIn(text)))
    throw invalid("the name of a signing policy holds the API token: give the slugs of project and policy");
}

function slug(value: unknown, option: string, variable: string): string {
  if (typeof value === "string" && value.trim() !== "") return value;
  throw invalid(`no signing policy is named: give "project/policy", or set option ${option} or ${variable}`);
}

function invalid(message: string): SignPathError {
  return new SignPathError("CONFIG_INVALID", message, { stage: "config" });
}
