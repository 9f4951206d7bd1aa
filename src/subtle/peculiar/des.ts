import { createCipheriv, createDecipheriv } from "node:crypto";
import { concat, viewOf } from "../../base/bytes.js";
import type { PeculiarProvider, PeculiarSubtle } from "./types.js";

interface DesProvider extends PeculiarProvider {
  readonly name: string;
  readonly keySizeBits: number;
}

interface DesAlgorithm {
  readonly iv: ArrayBufferView | ArrayBuffer;
}

/**
 * Adds DES-CBC to the library's algorithms where OpenSSL has hidden it in its legacy provider, which is in
 * every Node of today: old key files are still encrypted with it. DES is triple DES with the same key three
 * times (NIST SP 800-67, keying option 3), and triple DES OpenSSL still has.
 */
export function addDesCbc({ providers }: PeculiarSubtle): void {
  const triple = providers.get("DES-EDE3-CBC");
  if (triple === null || providers.get("DES-CBC") !== null) return;
  // The class is not exported; generating, importing and exporting are inherited from it.
  const DesEde3Cbc = triple.constructor as new () => DesProvider;

  class DesCbc extends DesEde3Cbc {
    override readonly name = "DES-CBC";
    override readonly keySizeBits = 64;

    async onEncrypt({ iv }: DesAlgorithm, key: CryptoKey, data: ArrayBuffer): Promise<ArrayBuffer> {
      const cipher = createCipheriv("des-ede3-cbc", await this.#tripled(key), viewOf(iv));
      return concat(cipher.update(viewOf(data)), cipher.final()).buffer;
    }

    async onDecrypt({ iv }: DesAlgorithm, key: CryptoKey, data: ArrayBuffer): Promise<ArrayBuffer> {
      const decipher = createDecipheriv("des-ede3-cbc", await this.#tripled(key), viewOf(iv));
      return concat(decipher.update(viewOf(data)), decipher.final()).buffer;
    }

    async #tripled(key: CryptoKey): Promise<Uint8Array> {
      const single = viewOf(await this.onExportKey("raw", key));
      return concat(single, single, single);
    }
  }
  providers.set(new DesCbc());
}
