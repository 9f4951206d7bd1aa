import { algorithmOf } from "../../../adapter/choice.js";
import type { SigningPolicy } from "../../../policy/signing-policy.js";
import { signDetachedJws } from "../../../toolkit/jose/detached.js";
import type { JoseAlgorithmName } from "../../../toolkit/jose/index.js";
import { signJws } from "../../../toolkit/jose/index.js";
import type { ContentSigner, HashName, SignatureOptions } from "../signer.js";
import { wholeFile } from "./whole-file.js";

/** Longer than any header with a certificate, and its signature. */
const USUAL_BYTES = 16 * 1024;

/** Of content that stands in the JWS. */
const MOST_MEBIBYTES = 128;

const PREFIXES: ReadonlyMap<string, string> = new Map([
  ["RSASSA-PKCS1-v1_5", "RS"],
  ["RSA-PSS", "PS"],
  ["ECDSA", "ES"],
]);

/**
 * Makes JWS in the compact serialization: detached over the content as it is, which is read in constant memory, or with the
 * content in it. The header has the certificate (`x5c`) with those of its issuers that are known.
 */
export async function jwsSigner(policy: SigningPolicy, options: SignatureOptions): Promise<ContentSigner> {
  const { hash, padding, attached, certificates } = options;
  const { name, hash: chosen } = algorithmOf({ policy, hash, padding });
  const alg = `${PREFIXES.get(name)}${chosen.slice("SHA-".length)}` as JoseAlgorithmName;
  const choices = { policy, alg, x5c: [...certificates] };
  const { joseAlgorithm } = await import("../../../adapter/algorithms.js");
  joseAlgorithm(policy, alg);
  const certificateBytes = certificates.reduce((sum, each) => sum + each.byteLength, 0);
  return {
    ...{ format: "jws", algorithm: name, hash: chosen as HashName },
    takesBytes: false,
    room: (contentBytes) =>
      USUAL_BYTES + 2 * certificateBytes + (attached ? Math.ceil(contentBytes * 1.34) : 0),
    sign: async (source, signal) => {
      if (!attached) return Buffer.from(await signDetachedJws(source, { ...choices, signal }));
      return Buffer.from(
        await signJws(await wholeFile(source, MOST_MEBIBYTES, signal), { ...choices, signal }),
      );
    },
  };
}
