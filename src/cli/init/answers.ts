/** Whose job `signpath init` writes. */
export type Platform = "github" | "gitlab" | "azure" | "jenkins";

export const PLATFORMS: readonly Platform[] = ["github", "gitlab", "azure", "jenkins"];

/** What `signpath init` has to know; each was checked. */
export interface Answers {
  readonly organizationId: string;
  readonly projectSlug: string | undefined;
  readonly signingPolicySlug: string | undefined;
  /** Undefined: SignPath's own. */
  readonly apiUrl: string | undefined;
}

/** The names are those of SignPath's crypto providers, as `src/config/file.ts` reads them. None is the API token's. */
export function configText({ organizationId, apiUrl, projectSlug, signingPolicySlug }: Answers): string {
  const settings = {
    OrganizationId: organizationId,
    ...(apiUrl !== undefined && { ApiUrl: apiUrl }),
    ...(projectSlug !== undefined && { ProjectSlug: projectSlug }),
    ...(signingPolicySlug !== undefined && { SigningPolicySlug: signingPolicySlug }),
  };
  return `${JSON.stringify(settings, undefined, 2)}\n`;
}
