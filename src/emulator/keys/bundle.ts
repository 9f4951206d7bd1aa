import type { KeyObject } from "node:crypto";
import { createPrivateKey, X509Certificate } from "node:crypto";
import { derOf, pemOf } from "./pem.js";
import type { Store } from "./store.js";
import { UnusableState } from "./store.js";

/** A private key and its certificate, which are kept together so that they cannot come apart. */
export interface Bundle {
  readonly privateKey: KeyObject;
  /** DER; a key of another kind than X.509 has none. */
  readonly certificate: Buffer | undefined;
}

/** Loads the bundle of that name, or makes, keeps and gives it. One that no longer serves is made anew. */
export async function loadOrMake(
  store: Store,
  name: string,
  make: () => Promise<Bundle>,
  serves: (bundle: Bundle) => boolean,
): Promise<Bundle> {
  const file = `${name}.pem`;
  const bundle = decode(await store.loadOrCreate(file, async () => encode(await make())), store.locate(file));
  if (serves(bundle)) return bundle;
  const renewed = await make();
  await replace(store, name, renewed);
  return renewed;
}

export async function replace(store: Store, name: string, bundle: Bundle): Promise<void> {
  await store.replace(`${name}.pem`, encode(bundle));
}

function encode({ privateKey, certificate }: Bundle): string {
  const key = privateKey.export({ format: "pem", type: "pkcs8" }).toString();
  return certificate === undefined ? key : key + pemOf("CERTIFICATE", certificate);
}

function decode(pem: string, location: string): Bundle {
  const certificate = derOf("CERTIFICATE", pem);
  const privateKey = readable(location, "no private key", () => createPrivateKey(pem));
  if (certificate !== undefined)
    readable(location, "a malformed certificate", () => new X509Certificate(certificate).publicKey);
  return { privateKey, certificate };
}

function readable<T>(location: string, otherwise: string, read: () => T): T {
  try {
    return read();
  } catch (cause) {
    const message = `${location} holds ${otherwise}; remove it, and the emulator makes another.`;
    throw new UnusableState(message, { cause });
  }
}
