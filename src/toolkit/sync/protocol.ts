import type { AdapterAlgorithm } from "../../adapter/algorithms.js";
import type { Bytes } from "../../base/bytes.js";
import type { SignPathErrorCode, SignPathErrorDetails } from "../../base/errors.js";
import type { SignPathOptions } from "../../config/options.js";
import type { PolicyReference } from "../../policy/reference.js";

/** Places in the memory that both threads see. */
export const ANSWERED = 0;
export const PULSE = 1;

/** How often the worker shows that it lives while it works, in milliseconds. */
export const PULSE_MS = 500;

/** What the worker is started with. */
export interface WorkerStart {
  readonly port: MessagePort;
  readonly memory: Int32Array<SharedArrayBuffer>;
  readonly options: SignPathOptions;
  readonly policy: PolicyReference | undefined;
}

export type WorkerRequest =
  | { readonly type: "open" }
  | { readonly type: "close" }
  | { readonly type: "sign"; readonly hash: Uint8Array; readonly algorithm: AdapterAlgorithm };

/** What is known of the policy, as it is after the request. */
export interface PolicyFacts {
  readonly reference: string;
  readonly certificate: Bytes;
}

export type WorkerAnswer =
  | { readonly type: "done"; readonly policy?: PolicyFacts; readonly signature?: Bytes }
  | {
      readonly type: "failed";
      readonly code: SignPathErrorCode;
      readonly message: string;
      readonly details: SignPathErrorDetails;
    }
  | { readonly type: "mistake"; readonly message: string };
