import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { MessagePort } from "node:worker_threads";
import { MessageChannel, receiveMessageOnPort, Worker } from "node:worker_threads";
import type { AdapterAlgorithm } from "../../adapter/algorithms.js";
import type { Bytes } from "../../base/bytes.js";
import { exactCopy, isBufferSource, viewOf } from "../../base/bytes.js";
import { SignPathError } from "../../base/errors.js";
import type { SignPathOptions } from "../../config/options.js";
import { HASH_ALGORITHMS } from "../../key/hashes.js";
import { toPem } from "../../policy/chain.js";
import type { PolicyReference } from "../../policy/reference.js";
import type { PolicyFacts, WorkerAnswer, WorkerRequest, WorkerStart } from "./protocol.js";
import { ANSWERED, PULSE, PULSE_MS } from "./protocol.js";

/** Settings of a client, and the policy that signs. They go to another thread, so that none may be a function. */
export interface SyncSignerOptions extends Omit<SignPathOptions, "apiToken" | "metadata"> {
  /** `"project/policy"` or both slugs. Default: the configured one. */
  readonly policy?: PolicyReference | undefined;
  /** API token. A function cannot be asked by a thread that waits. */
  readonly apiToken?: string | undefined;
  /** What is added to the audit log; `false` sends none. A function cannot be asked either. */
  readonly metadata?: Readonly<Record<string, unknown>> | false | undefined;
}

/** So many pulses may be missed before the worker is taken for dead: the machine may be busy. */
const MISSED_PULSES = 20;

const WORKER = new URL("./worker.js", import.meta.url);

/** A signer for callers that cannot wait: each call stops this thread until the signature is there. */
export class SyncSigner {
  readonly #worker: Worker;
  readonly #port: MessagePort;
  readonly #memory = new Int32Array(new SharedArrayBuffer(2 * Int32Array.BYTES_PER_ELEMENT));
  #facts: PolicyFacts | undefined;
  #isClosed = false;

  /** @internal See `createSyncSigner`. */
  constructor({ policy, ...options }: SyncSignerOptions) {
    const { port1, port2 } = new MessageChannel();
    const start = { port: port2, memory: this.#memory, options: transferable(options), policy };
    this.#port = port1;
    this.#worker = startWorker(start satisfies Omit<WorkerStart, "port">, port2);
    this.#worker.on("error", () => undefined); // the call that waits for it says so
    this.#worker.on("exit", () => this.#end());
    this.#worker.unref();
    try {
      this.#call({ type: "open" });
    } catch (error) {
      this.close();
      throw error;
    }
  }

  /** `project/policy` */
  get reference(): string {
    return this.#known.reference;
  }

  /** The policy's certificate as DER; after a rotation that was noticed, the new one. */
  get certificateDer(): Bytes {
    return exactCopy(this.#known.certificate);
  }

  /** The policy's certificate as PEM. */
  get certificatePem(): string {
    return toPem(this.#known.certificate);
  }

  /**
   * Signs a message, of which only the hash leaves this thread.
   *
   * @returns the signature; of ECDSA r‖s (IEEE P1363)
   * @throws {SignPathError} those of `SigningPolicy.signHash`; `ABORTED` once it is closed, or if its worker has ended
   * @throws {TypeError} for data that is no `BufferSource`
   */
  sign(algorithm: AdapterAlgorithm, data: ArrayBuffer | ArrayBufferView): Bytes {
    const hash = HASH_ALGORITHMS.get(algorithm.hash);
    if (hash === undefined) throw notSupported(`${String(algorithm.hash)} is not a hash that SignPath signs`);
    return this.signHash(createHash(hash.nodeName).update(bytesOf(data)).digest(), algorithm);
  }

  /** Signs a hash; see {@link sign}. */
  signHash(hash: ArrayBuffer | ArrayBufferView, { name, hash: hashName }: AdapterAlgorithm): Bytes {
    const algorithm = { name, hash: hashName };
    const { signature } = this.#call({ type: "sign", hash: exactCopy(bytesOf(hash)), algorithm });
    if (signature === undefined) throw new TypeError("the worker gave no signature");
    return signature;
  }

  /** Ends the worker and its connections. Later calls fail with `ABORTED`. */
  close(): void {
    if (this.#isClosed) return;
    try {
      this.#call({ type: "close" });
    } catch {
      // It has ended already.
    }
    this.#end();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  get #known(): PolicyFacts {
    if (this.#facts === undefined) throw new TypeError("the policy is not known");
    return this.#facts;
  }

  #call(request: WorkerRequest): Extract<WorkerAnswer, { type: "done" }> {
    if (this.#isClosed) throw ended("The synchronous signer is closed");
    Atomics.store(this.#memory, ANSWERED, 0);
    this.#port.postMessage(request);
    this.#wait();
    const answer = receiveMessageOnPort(this.#port);
    if (answer === undefined) {
      this.#end();
      throw ended("The worker of the synchronous signer has ended");
    }
    const said = answer.message as WorkerAnswer;
    if (said.type === "failed") throw new SignPathError(said.code, said.message, said.details);
    if (said.type === "mistake") throw new TypeError(said.message);
    this.#facts = said.policy ?? this.#facts;
    return said;
  }

  /** The client in the worker keeps the deadlines. Here it is only seen to that it lives. */
  #wait(): void {
    let last = -1;
    for (let missed = 0; missed < MISSED_PULSES; missed++) {
      if (Atomics.wait(this.#memory, ANSWERED, 0, 2 * PULSE_MS) !== "timed-out") return;
      const pulse = Atomics.load(this.#memory, PULSE);
      if (pulse !== last) missed = 0;
      last = pulse;
    }
  }

  #end(): void {
    this.#isClosed = true;
    this.#port.close();
    void this.#worker.terminate();
  }
}

/**
 * Starts a signer for callers that cannot wait, such as node-forge: a thread of its own has a client, and each call waits
 * for it. This thread does nothing else meanwhile, so that a server in it, such as an emulator, could not answer.
 *
 * @returns the signer, with a thread of its own; close it
 * @throws {SignPathError} `CONFIG_INVALID` for settings that are wrong, or a function; and whatever fetching the policy can
 * fail with
 */
export function createSyncSigner(options: SyncSignerOptions = {}): SyncSigner {
  return new SyncSigner(options);
}

function startWorker(start: Omit<WorkerStart, "port">, port: MessagePort): Worker {
  // It would end before it could say so.
  if (!existsSync(WORKER))
    throw invalid(
      `${fileURLToPath(WORKER)}, which a synchronous signer runs, is not there: a bundler must leave signpath-webcrypto out`,
    );
  try {
    return new Worker(WORKER, {
      workerData: start,
      transferList: [port],
      // Those of the process can be about a script of its own (`--input-type`), which a worker refuses.
      execArgv: [],
    });
  } catch (cause) {
    if (!(cause instanceof DOMException) || cause.name !== "DataCloneError") throw cause;
    throw invalid("an option has a function or another value in it that cannot go to another thread");
  }
}

/** Of a text or a number, `Uint8Array` would make bytes that nobody meant. */
function bytesOf(given: ArrayBuffer | ArrayBufferView): Uint8Array {
  if (isBufferSource(given) || ArrayBuffer.isView(given)) return viewOf(given);
  throw new TypeError("what is signed must be bytes: an ArrayBuffer or a view of one");
}

/** Settings as another thread can have them. */
function transferable(options: SignPathOptions): SignPathOptions {
  const entries = Object.entries(options).map(([name, value]) => {
    if (typeof value === "function") {
      throw invalid(
        `option ${name} is a function, which cannot be asked while its thread waits: give its value`,
      );
    }
    return [name, value instanceof URL ? value.href : value];
  });
  return Object.fromEntries(entries) as SignPathOptions;
}

function invalid(message: string): SignPathError {
  return new SignPathError("CONFIG_INVALID", message, { stage: "config" });
}

function ended(message: string): SignPathError {
  return new SignPathError("ABORTED", message, { stage: "sign" });
}

function notSupported(message: string): SignPathError {
  return new SignPathError("ALGORITHM_NOT_SUPPORTED", `${message}. Nothing was sent`, { stage: "sign" });
}
