import type { Components } from "../../keys/ecdsa-signature.js";
import {
  bigEndian,
  componentsOf,
  encodeComponents,
  leadingZeros,
  ORDERS,
} from "../../keys/ecdsa-signature.js";
import type { SigningKey, SigningOrder } from "../../keys/signing-key.js";
import { signWith } from "../../keys/signing-key.js";
import type { Signing } from "../effect.js";

/** One signature in 256 begins with a zero byte: by then there is one, all but surely. */
const MAX_ATTEMPTS = 5000;

type EcdsaOrder = Extract<SigningOrder, { algorithm: "Ecdsa" }>;

/** The integers of a right ECDSA signature. */
export function ecdsaComponents(key: SigningKey, order: EcdsaOrder): Components {
  return componentsOf(signWith(key, { ...order, format: "Ieee" }));
}

/** The signature with the modulus or the curve's order added to it. */
export function outOfRange({ key, order }: Signing, component: "r" | "s"): Buffer {
  if (order.algorithm !== "Ecdsa") return raised(signWith(key, order), modulusOf(key));
  if (key.spec.type !== "Ecdsa") throw new TypeError("An RSA key does not make ECDSA signatures.");
  const components = ecdsaComponents(key, order);
  const high = raised(components[component], ORDERS[key.spec.curve]);
  return encodeComponents({ ...components, [component]: high }, order.format);
}

/**
 * The signature without the zero bytes that it, or one of its integers, begins with; `undefined` where it has none and
 * cannot be made anew. DER has none.
 */
export async function withoutLeadingZeros({ key, order }: Signing): Promise<Buffer | undefined> {
  if (order.algorithm === "Ecdsa" && order.format === "Asn1") return undefined;
  const attempts = order.algorithm === "RsaPkcs1" ? 1 : MAX_ATTEMPTS;
  for (let attempt = 1; attempt <= attempts; attempt++) {
    const stripped = strip(order, key);
    if (stripped !== undefined) return stripped;
    // Others wait for the same event loop.
    if (attempt % 16 === 0) await new Promise((resolve) => setImmediate(resolve));
  }
  return undefined;
}

function strip(order: SigningOrder, key: SigningKey): Buffer | undefined {
  if (order.algorithm !== "Ecdsa") {
    const signature = signWith(key, order);
    return signature[0] === 0 ? signature.subarray(leadingZeros(signature)) : undefined;
  }
  const { r, s } = ecdsaComponents(key, { ...order, freshNonce: true });
  if (r[0] !== 0 && s[0] !== 0) return undefined;
  return Buffer.concat([r.subarray(leadingZeros(r)), s.subarray(leadingZeros(s))]);
}

/** Congruent to the integer and not below the limit, in as many bytes. */
function raised(integer: Buffer, limit: bigint): Buffer {
  const sum = bigEndian(BigInt(`0x${integer.toString("hex")}`) + limit, integer.length);
  return sum.length === integer.length ? sum : bigEndian(limit, integer.length);
}

function modulusOf({ publicKey }: SigningKey): bigint {
  const { n = "" } = publicKey.export({ format: "jwk" });
  return BigInt(`0x${Buffer.from(n, "base64url").toString("hex")}`);
}
