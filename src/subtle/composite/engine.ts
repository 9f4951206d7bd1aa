import type { Bytes } from "../../base/bytes.js";

/** A method of a `SubtleCrypto` as it is called from outside: anything may come in. */
export type Method = (...args: readonly unknown[]) => unknown;

/**
 * One implementation of WebCrypto. Its keys work in it and nowhere else; the last four methods exist so that
 * keys of different engines can meet in one operation.
 */
export interface Engine {
  /** Whether this engine made `key`. */
  owns(key: unknown): boolean;

  /** Runs a method of the engine's `SubtleCrypto`. */
  call(operation: string, args: readonly unknown[]): Promise<unknown>;

  /** The SPKI of a public key, extractable or not; it must not leave the composite. */
  publicKeyInfo(key: CryptoKey): Promise<Uint8Array>;

  /** Encrypts `bytes` as `wrapKey` does: the wrapping key needs the usage `wrapKey`, not `encrypt`. */
  wrapBytes(bytes: Bytes, wrappingKey: unknown, algorithm: unknown): Promise<ArrayBuffer>;

  /** Decrypts as `unwrapKey` does: the key needs the usage `unwrapKey`, not `decrypt`. */
  unwrapBytes(wrapped: unknown, unwrappingKey: unknown, algorithm: unknown): Promise<ArrayBuffer>;

  /** Derives as `deriveKey` does: the base key needs the usage `deriveKey`. `null`: the whole secret. */
  deriveSecret(algorithm: unknown, baseKey: unknown, length: number | null): Promise<ArrayBuffer>;
}
