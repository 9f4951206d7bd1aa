import { exactCopy, viewOf } from "../../base/bytes.js";
import { keyLength } from "../peculiar/algorithms.js";
import { curveOf, sameKind } from "../peculiar/keys.js";
import { loadPeculiar } from "../peculiar/peculiar.js";
import { looksLikeKey, otherParty, snapshot } from "./arguments.js";
import type { Engine } from "./engine.js";
import { domError, isDomError } from "./errors.js";
import { create } from "./fallback.js";
import { ownerOf } from "./keys.js";
import { callNative, isNativeKey, native } from "./native.js";

/**
 * Derives bits. The own and the other key may be of different engines: the other one is public, so the engine
 * of the own one gets a copy.
 */
export async function deriveBits(args: readonly unknown[]): Promise<unknown> {
  const [algorithm, baseKey, ...length] = args;
  if (isNatives(algorithm, baseKey)) return callNative("deriveBits", args);
  const { engine, parameters } = await derivation(snapshot(algorithm), baseKey);
  return engine.call("deriveBits", [parameters, baseKey, ...length]);
}

/** Derives a key: the secret where the base key lives, the key where its algorithm is known. */
export async function deriveKey(args: readonly unknown[]): Promise<unknown> {
  const [algorithm, baseKey, type, ...rest] = args.map((argument) => snapshot(argument));
  const natives = isNatives(algorithm, baseKey);
  const { engine, parameters } = natives
    ? { engine: native, parameters: algorithm }
    : await derivation(algorithm, baseKey);
  if (engine === native) {
    try {
      return await callNative("deriveKey", natives ? args : [parameters, baseKey, type, ...rest]);
    } catch (refusal) {
      if (!isDomError(refusal, "NotSupportedError") || !(await loadPeculiar()).offers(type)) throw refusal;
    }
  }
  const secret = await engine.deriveSecret(parameters, baseKey, keyLength(type));
  return create("importKey", ["raw", secret, type, ...rest]);
}

/** Wraps a key. The specification's two steps, export and encrypt, are each done by the key's own engine. */
export async function wrapKey(args: readonly unknown[]): Promise<unknown> {
  const [format, key, wrappingKey, algorithm] = args;
  if (isNativeKey(key) && isNativeKey(wrappingKey)) return callNative("wrapKey", args);
  const parameters = snapshot(algorithm);
  const [owner, wrapper] = [await ownerOf(key), await ownerOf(wrappingKey)];
  if (owner === undefined || wrapper === undefined) return callNative("wrapKey", args);
  const exported = await owner.call("exportKey", [format, key]);
  const bytes =
    format === "jwk" ? jwkBytes(exported, parameters) : exactCopy(viewOf(exported as ArrayBuffer));
  return wrapper.wrapBytes(bytes, wrappingKey, parameters);
}

/** Unwraps a key: decrypts where the unwrapping key lives, imports where the key's algorithm is known. */
export async function unwrapKey(args: readonly unknown[]): Promise<unknown> {
  const copies = args.map((argument) => snapshot(argument));
  const [format, wrapped, unwrappingKey, algorithm, ...imported] = copies;
  let engine: Engine | undefined = native;
  if (isNativeKey(unwrappingKey)) {
    try {
      return await callNative("unwrapKey", args);
    } catch (refusal) {
      if (!isDomError(refusal, "NotSupportedError")) throw refusal;
      if (!(await loadPeculiar()).offers(imported[0], format)) throw refusal;
    }
  } else {
    engine = await ownerOf(unwrappingKey);
    if (engine === undefined) return callNative("unwrapKey", args);
  }
  const bytes = await engine.unwrapBytes(wrapped, unwrappingKey, algorithm);
  return create("importKey", [format, format === "jwk" ? parsedJwk(bytes) : bytes, ...imported]);
}

/** Whether a derivation is Node's alone, or nobody's. */
function isNatives(algorithm: unknown, baseKey: unknown): boolean {
  return [baseKey, otherParty(algorithm)].every((key) => isNativeKey(key) || !looksLikeKey(key));
}

interface Derivation {
  readonly engine: Engine;
  readonly parameters: unknown;
}

async function derivation(parameters: unknown, baseKey: unknown): Promise<Derivation> {
  const other = otherParty(parameters);
  const engine = (await ownerOf(baseKey)) ?? native;
  const owner = await ownerOf(other);
  if (owner === undefined || owner === engine || !looksLikeKey(other) || !looksLikeKey(baseKey)) {
    return { engine, parameters };
  }
  if (other.type !== "public" || !sameKind(other, baseKey)) {
    throw domError("InvalidAccessError", "algorithm.public must be a public key of the base key's algorithm");
  }
  const { name } = other.algorithm;
  const info = await owner.publicKeyInfo(other);
  const copy = await engine.call("importKey", ["spki", info, { name, namedCurve: curveOf(other) }, true, []]);
  return { engine, parameters: { ...(parameters as object), public: copy } };
}

/** A JWK as the specification encrypts it, in whole blocks of AES-KW by spaces before the last brace. */
function jwkBytes(jwk: unknown, algorithm: unknown): Uint8Array<ArrayBuffer> {
  const bytes = new TextEncoder().encode(JSON.stringify(jwk));
  const name = typeof algorithm === "string" ? algorithm : Reflect.get(Object(algorithm), "name");
  if (!/^AES-KW$/i.test(String(name)) || bytes.byteLength % 8 === 0) return bytes;
  const padded = new Uint8Array(Math.ceil(bytes.byteLength / 8) * 8).fill(0x20);
  padded.set(bytes.subarray(0, -1));
  padded[padded.byteLength - 1] = 0x7d;
  return padded;
}

function parsedJwk(bytes: ArrayBuffer): unknown {
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch (error) {
    throw domError("DataError", "The unwrapped key is not a JSON Web Key", error);
  }
}
