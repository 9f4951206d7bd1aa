import type { SignPathErrorCode } from "../../base/errors.js";

/** Who is asked, as errors speak of it. */
export interface Peer {
  /** As it stands within a sentence. */
  readonly name: string;
  /** What is said where a request could not even be sent in time. */
  readonly unreached: string;
  /** Why a redirect is not followed, and what to do. */
  readonly redirect: string;
  /** What to do next, by code. */
  readonly advice: Readonly<Partial<Record<SignPathErrorCode, string>>>;
  /** The same for an address that is not there, unless the server names what it does not know. */
  readonly notFound: string;
}

/** The API's server. */
export const SIGNPATH: Peer = {
  name: "SignPath",
  unreached: "The API token and a connection to SignPath were not to be had",
  redirect: "which is not followed because it would carry the API token elsewhere. Check ApiUrl",
  advice: {
    AUTHENTICATION_FAILED:
      "Check the API token (SIGNPATH_API_TOKEN) and that it belongs to this organization.",
    FORBIDDEN: "The token's user must be a submitter of the signing policy.",
    POLICY_NOT_FOUND: "Check the project and signing policy slugs, and that the token's user is a submitter.",
    POLICY_UNUSABLE: 'A policy with an approval process needs route "asynchronous".',
    THROTTLED: "Lower maxConcurrency or try again later.",
    SERVICE_UNAVAILABLE: "The service may be down: try again later.",
    CONNECTION_FAILED: "Check ApiUrl, the network and the proxy settings.",
    TLS_FAILED:
      "Check ApiUrl, the certificate authorities (option tls.ca, NODE_EXTRA_CA_CERTS) and, where the server wants one, the client certificate (option tls.cert or tls.pfx, SIGNPATH_TLS_CLIENT_CERTIFICATE).",
    TIMEOUT: "Try again later, or raise requestTimeoutMs.",
  },
  notFound: "Check ApiUrl and OrganizationId.",
};
