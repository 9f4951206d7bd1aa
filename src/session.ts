import { ApiClient } from "./api/client.js";
import { HashSigner } from "./api/hash-signer.js";
import type { Config } from "./config/config.js";
import { logEvents } from "./debug-log.js";
import { createPrivateKey, importPublicKey } from "./key/key-pair.js";
import { signHash } from "./key/sign-hash.js";
import { PolicyDirectory } from "./policy/directory.js";
import type { PolicyOperations } from "./policy/signing-policy.js";
import { signRemotely } from "./subtle/sign.js";
import { signStream } from "./subtle/sign-stream.js";

const OPERATIONS: PolicyOperations = {
  privateKey: (state, algorithm) => createPrivateKey(state, algorithm, signRemotely),
  publicKey: importPublicKey,
  signHash,
  signStream,
};

// Once for all clients of the process.
logEvents();

/** What a client works with once it is used. Loaded then, so that whoever imports the package and does not sign waits less. */
export interface Session {
  readonly api: ApiClient;
  readonly directory: PolicyDirectory;
}

export function openSession(config: Config): Session {
  const api = new ApiClient(config);
  return { api, directory: new PolicyDirectory(api, new HashSigner(api), OPERATIONS) };
}
