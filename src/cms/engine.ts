import type * as Pkijs from "pkijs";
import { SignPathError } from "../base/errors.js";
import { isSignPathCryptoKey } from "../key/crypto-key.js";
import { crypto as composite } from "../subtle/composite.js";

/** The parts of pkijs that are needed here, of version 3.4 or 4: structural, because the versions' types differ. */
export interface PkijsModule {
  readonly CryptoEngine: new (parameters: { name: string; crypto: Crypto }) => object;
  readonly AlgorithmIdentifier: { fromBER(der: ArrayBuffer): object };
  readonly Certificate: (new () => object) & { fromBER(der: ArrayBuffer): object };
}

/** `AlgorithmIdentifier { rsaEncryption, NULL }` (RFC 8017, appendix A.1): the source of a NULL in any asn1js. */
const RSA_ENCRYPTION = Uint8Array.from(Buffer.from("300d06092a864886f70d0101010500", "hex"));

/**
 * A pkijs engine that signs with keys in SignPath and does everything else as pkijs's own. It differs from that in two
 * ways: RSA PKCS#1 v1.5 signature algorithms have the NULL parameters that RFC 4055, section 5, asks for, and with a key
 * in SignPath a hash other than the key's, or SHA-1 because no hash was named, is an error in place of a signature that
 * does not verify.
 *
 * @param crypto - what signs, and does all else
 */
export function makeEngine<Module extends PkijsModule>(
  module: Module,
  crypto: Crypto = composite,
): InstanceType<Module["CryptoEngine"]> {
  // Both versions have these members; their own types cannot be told apart here.
  const pkijs = module as unknown as typeof Pkijs;
  const engine = new pkijs.CryptoEngine({ name: "signpath", crypto });
  const parametersOf = engine.getSignatureParameters.bind(engine);
  engine.getSignatureParameters = async (key, hash = "SHA-1") => {
    if (isSignPathCryptoKey(key)) requireSameHash(key.algorithm, hash);
    const { signatureAlgorithm, parameters } = await parametersOf(key, hash);
    if (key.algorithm.name === "RSASSA-PKCS1-v1_5") {
      signatureAlgorithm.algorithmParams = pkijs.AlgorithmIdentifier.fromBER(
        RSA_ENCRYPTION.buffer,
      ).algorithmParams;
    }
    return { signatureAlgorithm, parameters };
  };
  return engine as unknown as InstanceType<Module["CryptoEngine"]>;
}

/** pkijs signs with the key's hash and writes down the one it was asked for, which is SHA-1 where it was asked for none. */
function requireSameHash(algorithm: KeyAlgorithm, asked: string): void {
  const bound = "hash" in algorithm ? (algorithm.hash as KeyAlgorithm).name : undefined;
  if (bound?.toUpperCase() === asked.toUpperCase()) return;
  if (bound === undefined && asked.toUpperCase() !== "SHA-1") return;
  const advice =
    bound === undefined
      ? 'name the hash in the call to sign(), for example "SHA-256"; for SHA-1 make the key with { hash: "SHA-1" }'
      : `name the key's hash, "${bound}", in the call to sign()`;
  throw new SignPathError(
    "ALGORITHM_NOT_SUPPORTED",
    `pkijs was to sign with ${asked} (its default is SHA-1): ${advice}`,
    {
      stage: "cms",
    },
  );
}
