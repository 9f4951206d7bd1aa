import type { KeyObject } from "node:crypto";

const CURVES: ReadonlySet<string> = new Set([
  ...["prime256v1", "secp384r1", "secp521r1", "secp256k1"],
  ...["brainpoolP256r1", "brainpoolP320r1", "brainpoolP384r1", "brainpoolP512r1"],
]);

/** Bits of the shortest RSA key that counts, and of the shortest that counts where weak digests are allowed. */
const LEAST_BITS = { strong: 2048, weak: 1024 } as const;
/** A longer key makes each check slow, and nobody has one. */
const MOST_BITS = 8192;

/** Why a key is not good enough to be relied on; `undefined` where it is. */
export function keyDefect(key: KeyObject, allowWeak: boolean): string | undefined {
  const { asymmetricKeyType: type = "", asymmetricKeyDetails: details = {} } = key;
  switch (type) {
    case "rsa":
    case "rsa-pss": {
      const { modulusLength = 0 } = details;
      if (modulusLength > MOST_BITS) return `an RSA key of ${modulusLength} bits is too long`;
      const least = LEAST_BITS[allowWeak ? "weak" : "strong"];
      return modulusLength >= least ? undefined : `an RSA key of ${modulusLength} bits is too short`;
    }
    case "ec": {
      const { namedCurve = "unknown" } = details;
      return CURVES.has(namedCurve) ? undefined : `the curve ${namedCurve} is not supported`;
    }
    case "ed25519":
      return undefined;
    default:
      return `keys of type ${type} are not supported`;
  }
}
