import type { SigningPolicy } from "../../../policy/signing-policy.js";
import type { ContentSigner, SignatureOptions } from "../signer.js";
import { plainAlgorithm } from "./algorithm.js";

/** More than any signature has. */
const MOST_BYTES = 4 * 1024;

/** Makes signatures alone. */
export async function rawSigner(policy: SigningPolicy, options: SignatureOptions): Promise<ContentSigner> {
  const algorithm = plainAlgorithm(policy, options);
  const isDer = algorithm.name === "ECDSA" && options.ecdsaFormat === "der";
  const encode = isDer ? await derEncoder(policy) : undefined;
  return {
    format: "raw",
    algorithm: algorithm.name,
    hash: algorithm.hash,
    takesBytes: true,
    room: () => MOST_BYTES,
    sign: async (source, signal) => {
      const signature = await policy.signStream(source, algorithm, { signal });
      return encode?.(signature) ?? signature;
    },
  };
}

/** From r‖s to the SEQUENCE of RFC 3279, section 2.2.3, which openssl and most other verifiers take. */
async function derEncoder({ namedCurve }: SigningPolicy): Promise<(signature: Uint8Array) => Uint8Array> {
  const { p256, p384, p521 } = await import("@noble/curves/nist.js");
  const curve = new Map([
    ["P-256", p256],
    ["P-384", p384],
    ["P-521", p521],
  ]).get(namedCurve ?? "");
  if (curve === undefined) throw new TypeError(`there is no ASN.1 form for a key on ${namedCurve}`);
  return (signature) => curve.Signature.fromBytes(signature, "compact").toBytes("der");
}
