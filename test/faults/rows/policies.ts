import type { FaultOf } from "../../../src/emulator/faults/fault.js";
import type { Nature } from "../expectations.js";
import type { RouteTitle, Signer } from "../routes.js";
import { EC, RSA } from "../routes.js";
import type { Row } from "./row.js";
import { HARMLESS } from "./row.js";

const HOUR_MS = 3_600_000;

/** The routes that submit to a policy. */
const SUBMITTING: readonly RouteTitle[] = [
  "fast signing request",
  "SignHash",
  "submission",
  "SubmitWithArtifact",
];

/** The signature is right, but by another key than the caller was told of. */
const CHANGED: Nature = { is: "changed", next: "right" };

function rotated(
  title: string,
  options: Omit<FaultOf<"rotate-certificate">, "kind">,
  nature: Nature,
  signer: Signer = EC,
): Row {
  return {
    title: `a certificate rotated in mid-run: ${title}`,
    fault: { kind: "rotate-certificate", ...options },
    nature,
    on: SUBMITTING,
    signer,
    mend: (emulator, slug) => emulator.rotateCertificate(slug, { newKey: false }),
  };
}

/** Faults of the policy: what it signs with has changed when the request is handled. */
export const POLICIES: readonly Row[] = [
  rotated("another RSA key", { newKey: true }, CHANGED, RSA),
  rotated("another EC key", { newKey: true }, CHANGED),
  // What is signed by the key that the caller knows is right under the certificate that the caller knows.
  rotated("the same key", { newKey: false }, HARMLESS),
  rotated(
    "the same key, expired",
    { newKey: false, validFromMs: -2 * HOUR_MS, validToMs: -HOUR_MS },
    HARMLESS,
  ),
  // The signature shows that the key is another one; that the certificate is over is said before the next.
  rotated(
    "another key, expired",
    { newKey: true, validFromMs: -2 * HOUR_MS, validToMs: -HOUR_MS },
    { is: "changed", next: "unusable" },
  ),
  rotated(
    "another key, not yet valid",
    { newKey: true, validFromMs: HOUR_MS, validToMs: 2 * HOUR_MS },
    { is: "changed", next: "unusable" },
  ),
];
