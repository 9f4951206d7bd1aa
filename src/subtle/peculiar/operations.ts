import { createPrivateKey, createPublicKey } from "node:crypto";
import { exactCopy, viewOf } from "../../base/bytes.js";
import { domError } from "../composite/errors.js";
import { resolveOrRefuse } from "./algorithms.js";
import { checkJwk } from "./jwk.js";
import { checkGeneratedUsages, checkImportedUsages, checkOtherParty, checkUsage } from "./keys.js";
import type { PeculiarProvider, PeculiarSubtle } from "./types.js";

/** One operation of the library, with the checks of the specification that it leaves out. */
export type PeculiarOperation = (subtle: PeculiarSubtle, args: readonly unknown[]) => Promise<unknown>;

/** Montgomery curves, whose whole secret the library cannot be asked for: it wants the length in bits. */
const SECRET_LENGTH: ReadonlyMap<string, number> = new Map([
  ["X25519", 256],
  ["X448", 448],
]);

const digest: PeculiarOperation = async (subtle, [algorithm, data]) => {
  return invoke(subtle, "digest", resolveOrRefuse(subtle, algorithm).members, data);
};

const generateKey: PeculiarOperation = async (subtle, [algorithm, extractable, usages]) => {
  const resolved = resolveOrRefuse(subtle, algorithm);
  const wanted = usagesOf(usages);
  checkGeneratedUsages(resolved, wanted);
  return invoke(subtle, "generateKey", resolved.members, Boolean(extractable), wanted);
};

const importKey: PeculiarOperation = async (subtle, [format, data, algorithm, extractable, usages]) => {
  const resolved = resolveOrRefuse(subtle, algorithm);
  const { name, namedCurve } = resolved.members;
  const wanted = usagesOf(usages);
  if (format === "jwk") checkJwk(data, { name, namedCurve, extractable, usages: wanted });
  const args = [format, data, resolved.members, Boolean(extractable), wanted];
  const key = (await invoke(subtle, "importKey", ...args)) as CryptoKey;
  checkImportedUsages(resolved, key);
  await checkMaterial(resolved.provider, key);
  return key;
};

const exportKey: PeculiarOperation = async (subtle, [format, key]) => {
  if (!(key as CryptoKey).extractable) throw domError("InvalidAccessError", "key is not extractable");
  return invoke(subtle, "exportKey", format, key);
};

/** `sign`, `encrypt` and `decrypt`: an algorithm, a key, data. */
function withKey(operation: string): PeculiarOperation {
  return async (subtle, [algorithm, key, ...data]) => {
    const { members } = resolveOrRefuse(subtle, algorithm);
    checkUsage(key as CryptoKey, members.name, operation);
    return invoke(subtle, operation, members, key, ...data);
  };
}

const verify: PeculiarOperation = async (subtle, [algorithm, key, signature, data]) => {
  const { provider, members } = resolveOrRefuse(subtle, algorithm);
  checkUsage(key as CryptoKey, members.name, "verify");
  if (provider.name === "ECDSA" && isBufferSource(signature)) {
    // The library fails on a signature of another length; to the specification it is just not a valid one.
    const point = await provider.onExportKey("raw", key as CryptoKey);
    if (signature.byteLength !== point.byteLength - 1) return false;
  }
  return invoke(subtle, "verify", members, key, signature, data);
};

/** The operations by the name of the method. `deriveKey`, `wrapKey` and `unwrapKey` are the composite's own. */
export const OPERATIONS: ReadonlyMap<string, PeculiarOperation> = new Map([
  ["digest", digest],
  ["generateKey", generateKey],
  ["importKey", importKey],
  ["exportKey", exportKey],
  ["sign", withKey("sign")],
  ["verify", verify],
  ["encrypt", withKey("encrypt")],
  ["decrypt", withKey("decrypt")],
  [
    "deriveBits",
    async (subtle, [algorithm, key, length]) => derive(subtle, algorithm, key, length, "deriveBits"),
  ],
]);

/** Derives bits with a key that has `usage`, which is `deriveKey` where the bits become a key. */
export async function derive(
  subtle: PeculiarSubtle,
  algorithm: unknown,
  baseKey: unknown,
  length: unknown,
  usage: "deriveBits" | "deriveKey",
): Promise<ArrayBuffer> {
  const { provider, members } = resolveOrRefuse(subtle, algorithm);
  const key = baseKey as CryptoKey;
  checkUsage(key, members.name, usage);
  checkOtherParty(members, key);
  const wanted = length === undefined || length === null ? secretLength(key) : Number(length);
  const bits = await provider.deriveBits(members, key, wanted, { keyUsage: false });
  // The library gives what there is; the specification refuses a secret that is too short.
  if (bits.byteLength === 0 || (wanted !== null && bits.byteLength * 8 < wanted)) {
    throw domError("OperationError", `The secret is too short for ${wanted ?? "a derivation"} bits`);
  }
  return bits;
}

/** Encrypts (wraps) or decrypts (unwraps) with a key that has the usage for wrapping only. */
export async function cipher(
  subtle: PeculiarSubtle,
  direction: "wrapKey" | "unwrapKey",
  algorithm: unknown,
  wrappingKey: unknown,
  data: Uint8Array,
): Promise<ArrayBuffer> {
  const { provider, members } = resolveOrRefuse(subtle, algorithm);
  const key = wrappingKey as CryptoKey;
  checkUsage(key, members.name, direction);
  const run: PeculiarProvider["encrypt"] = direction === "wrapKey" ? provider.encrypt : provider.decrypt;
  return run.call(provider, members, key, exactCopy(viewOf(data)).buffer, { keyUsage: false });
}

/** Lets OpenSSL read an imported key: the library takes any point for one on the curve, until it is used. */
async function checkMaterial(provider: PeculiarProvider, key: CryptoKey): Promise<void> {
  if (key.type === "secret") return;
  const type = key.type === "public" ? "spki" : "pkcs8";
  const der = Buffer.from(await provider.onExportKey(type, key));
  if (type === "spki") createPublicKey({ key: der, format: "der", type });
  else createPrivateKey({ key: der, format: "der", type });
}

function isBufferSource(value: unknown): value is ArrayBuffer | ArrayBufferView {
  return value instanceof ArrayBuffer || ArrayBuffer.isView(value);
}

async function invoke(subtle: PeculiarSubtle, operation: string, ...args: unknown[]): Promise<unknown> {
  return Reflect.apply(Reflect.get(subtle, operation), subtle, args);
}

function secretLength(key: CryptoKey): number | null {
  const { name, namedCurve } = key.algorithm as { readonly name: string; readonly namedCurve?: string };
  if (name === "ECDH") return null;
  const length = SECRET_LENGTH.get(namedCurve ?? name);
  if (length === undefined) throw domError("OperationError", `${name} needs the number of bits to derive`);
  return length;
}

function usagesOf(usages: unknown): readonly string[] {
  if (Array.isArray(usages)) return usages.map(String);
  if (usages instanceof Set) return [...usages].map(String);
  throw new TypeError("keyUsages: a sequence of key usages is required");
}
