import type { SignOptions } from "../api/hash-signer.js";
import { isSignPathCryptoKey } from "../key/crypto-key.js";
import { crypto, subtle } from "../subtle/composite.js";
import { signWithKey } from "../subtle/sign.js";

/**
 * The package's `crypto` for one call of a toolkit: what it signs with keys in SignPath it signs with these options, and
 * it fails with the `SignPathError` itself. Everything else, and every other key, is as with `crypto`.
 */
export function cryptoWith(options: SignOptions): Crypto {
  const sign: SubtleCrypto["sign"] = async (algorithm, key, data) => {
    if (!isSignPathCryptoKey(key)) return subtle.sign(algorithm, key, data);
    const { buffer } = await signWithKey(algorithm, key, data, options);
    return buffer;
  };
  const ownSubtle = Object.create(subtle, { sign: { value: sign } }) as SubtleCrypto;
  return Object.create(crypto, { subtle: { value: ownSubtle } }) as Crypto;
}
