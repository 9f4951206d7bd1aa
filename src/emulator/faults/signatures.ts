import type { RouteName } from "../http/router.js";
import type { SigningOrder } from "../keys/signing-key.js";
import { signWith } from "../keys/signing-key.js";
import type { EffectTable, FaultEffect, Signing } from "./effect.js";
import { atLeast } from "./effect.js";
import type { SignatureFault } from "./fault.js";

/** The routes whose answer can carry a signature. */
const SIGNING_ROUTES: ReadonlySet<RouteName> = new Set([
  "signingRequests",
  "submitWithArtifact",
  "signHash",
  "signedArtifact",
]);

/** Faults in the signature itself. */
export const SIGNATURES: Pick<EffectTable, SignatureFault["kind"]> = {
  "other-key": () => effect(async ({ order, foreignKey }) => signWith(await foreignKey(), order)),

  "other-hash": () =>
    effect(({ key, order }) => {
      const hash = Buffer.from(order.hash);
      hash[0] = (hash[0] ?? 0) ^ 0xff;
      return signWith(key, { ...order, hash });
    }),

  "truncated-signature": () => effect(({ key, order }) => signWith(key, order).subarray(0, -1)),

  "zero-signature": () => effect(({ key, order }) => Buffer.alloc(signWith(key, order).length)),

  "other-padding": () =>
    effect(({ key, order }) => (order.algorithm === "Ecdsa" ? undefined : signWith(key, withPadding(order)))),

  "other-salt-length"({ saltLength }) {
    atLeast(0, "saltLength", saltLength);
    return effect(({ key, order }) =>
      order.algorithm === "RsaPss" ? signWith(key, { ...order, saltLength }) : undefined,
    );
  },

  "der-signature": () =>
    effect(({ key, order }) =>
      order.algorithm === "Ecdsa" && order.format === "Ieee"
        ? signWith(key, { ...order, format: "Asn1" })
        : undefined,
    ),
};

function effect(spoil: (signing: Signing) => Buffer | undefined | Promise<Buffer>): FaultEffect {
  return { routes: SIGNING_ROUTES, spoil };
}

function withPadding(order: Exclude<SigningOrder, { algorithm: "Ecdsa" }>): SigningOrder {
  return { ...order, algorithm: order.algorithm === "RsaPss" ? "RsaPkcs1" : "RsaPss" };
}
