/**
 * A synchronous signer, for toolkits that cannot wait: node-forge (run: 1.4), and code that takes what `crypto.createSign`
 * gives. A worker thread has the client; the caller's thread stops until the signature is there, some 0.1 ms beside the
 * request itself, and 60 ms once for the start.
 *
 * Deadlines, retries and errors are those of the client. The worker does not keep the process alive. What it cannot do:
 * take settings that are functions, and sign while a server in the same thread, such as an emulator, would have to answer.
 *
 * @module
 */
export type { AdapterAlgorithm } from "../../adapter/algorithms.js";
export type { SyncSign, SyncSignOptions } from "./create-sign.js";
export { createSign } from "./create-sign.js";
export type { ForgeMessageDigest, ForgePrivateKey } from "./forge.js";
export { forgeKey } from "./forge.js";
export type { SyncSigner, SyncSignerOptions } from "./signer.js";
export { createSyncSigner } from "./signer.js";
