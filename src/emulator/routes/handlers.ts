import { admin } from "../admin/admin.js";
import type { Handlers } from "../http/exchange.js";
import { pages } from "../pages/pages.js";
import { timestamp } from "../timestamp/handler.js";
import { about, caCertificates, notFound, signingRequestPage } from "./pages.js";
import { mySigningPolicies } from "./policies.js";
import { signHash } from "./sign-hash.js";
import {
  cancelSigningRequest,
  signedArtifact,
  signingRequest,
  signingRequestStatus,
  unsignedArtifact,
} from "./signing-request.js";
import { submit } from "./submit.js";

/** The handler of each route. */
export const HANDLERS: Handlers = {
  mySigningPolicies,
  signingRequests: submit,
  submitWithArtifact: submit,
  signHash,
  signingRequest,
  signingRequestStatus,
  signedArtifact,
  unsignedArtifact,
  cancelSigningRequest,
  signingRequestPage,
  caCertificates,
  about,
  timestamp,
  admin,
  page: pages,
  unknown: notFound,
};
