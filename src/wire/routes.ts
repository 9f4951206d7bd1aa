/** Where the service is, when nothing else is configured. */
export const DEFAULT_API_URL = "https://app.signpath.io/Api";

/** The version segment between the API's address and the organization's id. */
export const API_VERSION = "v1";

/**
 * The routes below `{ApiUrl}/v1/{organizationId}/`. The service does not tell upper from lower case in
 * them; this is the documentation's spelling.
 */
export const ROUTES = {
  /** `GET`: the signing policies that the caller may submit to, with their certificates. */
  mySigningPolicies: "Cryptoki/MySigningPolicies",
  /** `POST` multipart: a signing request, answered with the signature where `IsFastSigningRequest=true`. */
  signingRequests: "SigningRequests",
  /** `POST` multipart: the newer name of an asynchronous submission. */
  submitWithArtifact: "SigningRequests/SubmitWithArtifact",
  /** `POST` JSON: one hash, answered with its signature. */
  signHash: "SigningRequests/SignHash",
} as const;

/** `GET SigningRequests/{id}`: everything about one signing request. */
export function signingRequestRoute(id: string): string {
  return `${ROUTES.signingRequests}/${id}`;
}

/** `GET SigningRequests/{id}/Status`: the short form, made for polling. */
export function signingRequestStatusRoute(id: string): string {
  return `${ROUTES.signingRequests}/${id}/Status`;
}

/** `GET SigningRequests/{id}/SignedArtifact`: the payload with its `Signature`. */
export function signedArtifactRoute(id: string): string {
  return `${ROUTES.signingRequests}/${id}/SignedArtifact`;
}

/** The form fields of a submission, in the order and the case of the documentation. */
export const SUBMISSION_FIELDS = {
  projectSlug: "ProjectSlug",
  signingPolicySlug: "SigningPolicySlug",
  isFastSigningRequest: "IsFastSigningRequest",
  artifact: "Artifact",
} as const;
