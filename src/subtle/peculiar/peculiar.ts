import { createRequire } from "node:module";
import type { Bytes } from "../../base/bytes.js";
import { viewOf } from "../../base/bytes.js";
import type { Engine } from "../composite/engine.js";
import { domError } from "../composite/errors.js";
import { offers } from "./algorithms.js";
import { addDesCbc } from "./des.js";
import { translated } from "./errors.js";
import { cipher, derive, OPERATIONS } from "./operations.js";
import type { PeculiarModule, PeculiarSubtle } from "./types.js";

/** @peculiar/webcrypto as one of the engines of the composite. */
export interface PeculiarEngine extends Engine {
  /** Whether it may stand in for Node with this algorithm, imported from this format. */
  offers(algorithm: unknown, format?: unknown): boolean;
}

const MODULE = "@peculiar/webcrypto";
const require = createRequire(import.meta.url);

let loading: Promise<PeculiarEngine> | undefined;
let twin: { readonly module: unknown; readonly engine: PeculiarEngine } | undefined;

/**
 * The engine, loaded when it is first needed: that costs more than 100 ms, which nobody pays who signs with
 * a remote key and leaves the rest to Node.
 */
export async function loadPeculiar(): Promise<PeculiarEngine> {
  loading ??= import("@peculiar/webcrypto").then(createEngine);
  return loading;
}

/**
 * The engine that made `key`. The library is published twice, as ES module and as CommonJS, and the two do not
 * accept each other's keys: a caller who has required it holds keys of the second.
 */
export async function peculiarOwner(key: unknown): Promise<PeculiarEngine | undefined> {
  const required = requiredTwin();
  if (required?.owns(key)) return required;
  const imported = await loadPeculiar();
  return imported.owns(key) ? imported : undefined;
}

function requiredTwin(): PeculiarEngine | undefined {
  const module = requiredModule();
  if (module === undefined) return undefined;
  if (twin?.module !== module) twin = { module, engine: createEngine(module as PeculiarModule) };
  return twin.engine;
}

/** The CommonJS module if somebody has required it: without that, there are no keys of it. Loads nothing. */
function requiredModule(): unknown {
  try {
    return require.cache[require.resolve(MODULE)]?.exports;
  } catch {
    // A bundle without node_modules: nothing to resolve, nothing required.
    return undefined;
  }
}

function createEngine(module: PeculiarModule): PeculiarEngine {
  const subtle = new module.Crypto().subtle as PeculiarSubtle;
  addDesCbc(subtle);

  async function guarded<T>(operation: string, run: () => Promise<T>): Promise<T> {
    try {
      return await run();
    } catch (error) {
      throw translated(operation, error);
    }
  }

  return Object.freeze({
    owns: (key: unknown) => key instanceof module.CryptoKey,
    offers: (algorithm: unknown, format?: unknown) => offers(subtle, algorithm, format),

    async call(operation: string, args: readonly unknown[]): Promise<unknown> {
      const run = OPERATIONS.get(operation);
      if (run === undefined) throw domError("NotSupportedError", `${MODULE} has no subtle.${operation}()`);
      return guarded(operation, () => run(subtle, args));
    },

    async publicKeyInfo(key: CryptoKey): Promise<Uint8Array> {
      const provider = subtle.providers.get(key.algorithm.name);
      if (provider === null) throw domError("NotSupportedError", `${MODULE} has no ${key.algorithm.name}`);
      return guarded("exportKey", async () => viewOf(await provider.onExportKey("spki", key)));
    },

    async wrapBytes(bytes: Bytes, wrappingKey: unknown, algorithm: unknown): Promise<ArrayBuffer> {
      return guarded("wrapKey", () => cipher(subtle, "wrapKey", algorithm, wrappingKey, bytes));
    },

    async unwrapBytes(wrapped: unknown, unwrappingKey: unknown, algorithm: unknown): Promise<ArrayBuffer> {
      if (!(ArrayBuffer.isView(wrapped) || wrapped instanceof ArrayBuffer)) {
        throw new TypeError("wrappedKey: an ArrayBuffer or a view of one is required");
      }
      return guarded("unwrapKey", () =>
        cipher(subtle, "unwrapKey", algorithm, unwrappingKey, viewOf(wrapped)),
      );
    },

    async deriveSecret(algorithm: unknown, baseKey: unknown, length: number | null): Promise<ArrayBuffer> {
      return guarded("deriveKey", () => derive(subtle, algorithm, baseKey, length, "deriveKey"));
    },
  });
}
