import { createHash } from "node:crypto";
import { HASHES } from "../../../wire/signing.js";
import type { RouteName } from "../../http/router.js";
import { encodeComponents } from "../../keys/ecdsa-signature.js";
import { signPkcs1Wrongly } from "../../keys/pkcs1-mistakes.js";
import type { SigningOrder } from "../../keys/signing-key.js";
import { signWith } from "../../keys/signing-key.js";
import type { EffectTable, FaultEffect, Signing } from "../effect.js";
import { within } from "../effect.js";
import type { SignatureFault } from "../fault.js";
import { ecdsaComponents, outOfRange, withoutLeadingZeros } from "./signature-integers.js";

/** The routes whose answer can carry a signature. */
export const SIGNING_ROUTES: ReadonlySet<RouteName> = new Set([
  "signingRequests",
  "submitWithArtifact",
  "signHash",
  "signedArtifact",
]);

const LONGEST_SALT = 65_535;

/** Faults in the signature itself. */
export const SIGNATURES: Pick<EffectTable, SignatureFault["kind"]> = {
  "other-key": () => effect(async ({ order, foreignKey }) => signWith(await foreignKey(), order)),

  "other-hash": () => ofHash(({ hash }) => changed(hash, 0, 0xff)),

  "hashed-twice": () => ofHash((order) => createHash(digestOf(order)).update(order.hash).digest()),

  "flipped-bit": () => instead((signature) => changed(signature, signature.length - 1, 0x01)),

  "truncated-signature": () => instead((signature) => signature.subarray(0, -1)),

  "long-signature": () => instead((signature) => Buffer.concat([signature, Buffer.of(0)])),

  "empty-signature": () => instead(() => Buffer.alloc(0)),

  "zero-signature": () => instead((signature) => Buffer.alloc(signature.length)),

  "reversed-signature": () => instead((signature) => Buffer.from(signature).reverse()),

  "stripped-zeros": () => effect(withoutLeadingZeros),

  "out-of-range-signature": ({ component = "s" }) => effect((signing) => outOfRange(signing, component)),

  "other-padding": () =>
    effect(({ key, order }) => (order.algorithm === "Ecdsa" ? undefined : signWith(key, withPadding(order)))),

  "wrong-pkcs1": ({ encoding }) =>
    effect(({ key, order }) =>
      order.algorithm === "RsaPkcs1"
        ? signPkcs1Wrongly(key.privateKey, key.spec.bits, order.hashAlgorithm, order.hash, encoding)
        : undefined,
    ),

  "wrong-pss": ({ encoding }) =>
    effect(({ key, order }) => {
      if (order.algorithm !== "RsaPss") return undefined;
      const maskDigest = order.hashAlgorithm.digest === "sha256" ? "sha512" : "sha256";
      const pss = encoding === "other-trailer" ? { trailer: 0xcc } : { maskDigest };
      return signWith(key, { ...order, pss });
    }),

  "other-salt-length"({ saltLength }) {
    if (!Number.isInteger(within(0, LONGEST_SALT, "saltLength", saltLength))) {
      throw new TypeError(`saltLength must be a whole number, not ${saltLength}.`);
    }
    return effect(({ key, order }) =>
      order.algorithm === "RsaPss" ? signWith(key, { ...order, saltLength }) : undefined,
    );
  },

  "swapped-signature": () =>
    effect(({ key, order }) => {
      if (order.algorithm !== "Ecdsa") return undefined;
      const { r, s } = ecdsaComponents(key, order);
      return encodeComponents({ r: s, s: r }, order.format);
    }),

  "der-signature": () => inFormat("Ieee", "Asn1"),

  "p1363-signature": () => inFormat("Asn1", "Ieee"),
};

function effect(spoil: NonNullable<FaultEffect["spoil"]>): FaultEffect {
  return { routes: SIGNING_ROUTES, spoil };
}

/** Something made of the right signature. */
function instead(make: (signature: Buffer) => Buffer): FaultEffect {
  return effect(({ key, order }: Signing) => make(signWith(key, order)));
}

/** The right signature of another hash. */
function ofHash(make: (order: SigningOrder) => Buffer): FaultEffect {
  return effect(({ key, order }) => signWith(key, { ...order, hash: make(order) }));
}

function inFormat(asked: "Ieee" | "Asn1", format: "Ieee" | "Asn1"): FaultEffect {
  return effect(({ key, order }) =>
    order.algorithm === "Ecdsa" && order.format === asked ? signWith(key, { ...order, format }) : undefined,
  );
}

function changed(bytes: Buffer, at: number, bits: number): Buffer {
  const other = Buffer.from(bytes);
  other[at] = (other[at] ?? 0) ^ bits;
  return other;
}

/** ECDSA orders do not name their hash, but its length tells. */
function digestOf(order: SigningOrder): string {
  if (order.algorithm !== "Ecdsa") return order.hashAlgorithm.digest;
  const [name = "SHA-256"] =
    Object.entries(HASHES).find(([, { length }]) => length === order.hash.length) ?? [];
  return name.replace("-", "");
}

function withPadding(order: Exclude<SigningOrder, { algorithm: "Ecdsa" }>): SigningOrder {
  return { ...order, algorithm: order.algorithm === "RsaPss" ? "RsaPkcs1" : "RsaPss" };
}
