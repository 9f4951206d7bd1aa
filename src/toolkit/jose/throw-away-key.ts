import type { KeyObject } from "node:crypto";
import { generateKeyPair } from "node:crypto";
import { promisify } from "node:util";
import type { JoseAlgorithmName } from "../../adapter/algorithms.js";
import type { SigningPolicy } from "../../policy/signing-policy.js";
import { algorithmOf } from "./algorithm.js";

/** A key to give to a library whose signature is replaced. */
export interface ThrowAwayKey {
  /** What it is to be used for. */
  readonly alg: JoseAlgorithmName;
  /** For libraries that take a `KeyObject`. */
  readonly privateKey: KeyObject;
  /** The same as PEM (PKCS #8), for those that take text. */
  readonly pem: string;
}

type KeyMaterial = Omit<ThrowAwayKey, "alg">;

/** By the kind of key: it protects nothing, and to make an RSA key takes long. */
const made = new Map<string, Promise<KeyMaterial>>();

const generate = promisify(generateKeyPair);

/**
 * A private key of the type and on the curve of the policy's, for a library that signs synchronously: its signature is
 * replaced by {@link resign}. It is made once in a process, here, and nobody trusts it.
 *
 * @param alg - what the library is to sign by; by default RS256 for an RSA key, and ES256, ES384 or ES512 as the curve says
 * @returns the same key for the same kind of key and algorithm; an RSA key has 2048 bits, whatever the policy's has
 * @throws {SignPathError} `ALGORITHM_NOT_SUPPORTED`, naming those that the policy's key signs with; `POLICY_UNUSABLE`
 */
export async function throwAwayKey(policy: SigningPolicy, alg?: JoseAlgorithmName): Promise<ThrowAwayKey> {
  const algorithm = algorithmOf(policy, alg);
  return { alg: algorithm.alg, ...(await keyOf(policy.namedCurve)) };
}

async function keyOf(namedCurve: string | undefined): Promise<KeyMaterial> {
  const kind = namedCurve ?? "RSA";
  const known = made.get(kind);
  if (known !== undefined) return known;
  const making = make(namedCurve);
  made.set(kind, making);
  making.catch(() => made.delete(kind));
  return making;
}

async function make(namedCurve: string | undefined): Promise<KeyMaterial> {
  const { privateKey } =
    namedCurve === undefined
      ? await generate("rsa", { modulusLength: 2048 })
      : await generate("ec", { namedCurve });
  return { privateKey, pem: privateKey.export({ type: "pkcs8", format: "pem" }).toString() };
}
