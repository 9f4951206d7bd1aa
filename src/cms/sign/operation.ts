import { bindingOf } from "../../key/crypto-key.js";
import type { SignerPlan } from "./signer-plan.js";

/**
 * Does something as one operation of the signers' clients, from the reading of the content to the last timestamp: to close a
 * client waits for all of it.
 *
 * @throws {SignPathError} `ABORTED` where a client is closed already
 */
export async function asOperation<T>(signers: readonly SignerPlan[], work: () => Promise<T>): Promise<T> {
  const clients = new Set(signers.map(({ key }) => bindingOf(key).state.connection.api));
  const begun: { end(): void }[] = [];
  try {
    for (const client of clients) {
      client.begin("sign");
      begun.push(client);
    }
    return await work();
  } finally {
    for (const client of begun) client.end();
  }
}
