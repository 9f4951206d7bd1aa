import { SUBMITTING_ROUTES } from "../../http/router.js";
import { BACKDATED_MS } from "../../keys/certificate.js";
import type { Rotation } from "../../keys/key-ring.js";
import type { EffectTable } from "../effect.js";
import { timeShift } from "../effect.js";
import type { ConnectionFault, PolicyFault } from "../fault.js";

/** Faults of whom the client meets: the server, and the policy's certificate. */
export const IDENTITIES: Pick<EffectTable, (ConnectionFault | PolicyFault)["kind"]> = {
  "tls-failure": ({ failure }) => ({ handshake: failure }),

  "rotate-certificate": (fault) => ({ routes: SUBMITTING_ROUTES, rotation: rotationOf(fault) }),
};

/** Makes what a rotation that begins now is to do. Throws a `TypeError` where a value is out of its range. */
export function rotationOf({
  newKey = true,
  validFromMs,
  validToMs,
}: Omit<PolicyFault, "kind">): () => Rotation {
  if (validFromMs !== undefined) timeShift("validFromMs", validFromMs);
  if (validToMs !== undefined) timeShift("validToMs", validToMs);
  if ((validFromMs ?? -BACKDATED_MS) >= (validToMs ?? Number.POSITIVE_INFINITY)) {
    throw new TypeError("validToMs must be later than validFromMs, which is some minutes ago by default.");
  }
  const fromNow = (ms: number): Date => new Date(Date.now() + ms);
  return () => ({
    newKey,
    ...(validFromMs !== undefined && { validFrom: fromNow(validFromMs) }),
    ...(validToMs !== undefined && { validTo: fromNow(validToMs) }),
  });
}
