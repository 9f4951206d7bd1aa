import { createHash } from "node:crypto";
import type { ApiClient } from "../../api/client.js";
import type { Bytes } from "../../base/bytes.js";
import { exactCopy } from "../../base/bytes.js";
import { requireOptions } from "../../base/options.js";
import type { HashAlgorithm } from "../../key/hashes.js";
import { HASH_ALGORITHMS } from "../../key/hashes.js";
import type { Imprint, Timestamp } from "./ask.js";
import type { TimestampAuthority, TimestampOptions } from "./options.js";
import type { TimestampPlan } from "./plan.js";
import { hashOfLength, planOf } from "./plan.js";
import { through, throughApi } from "./through.js";

/** Who is asked for timestamps: options, or the addresses alone. */
export type TimestampChoice = TimestampOptions | Iterable<string | URL | TimestampAuthority> | string | URL;

/** Gets timestamps for signatures that have just been made. */
export interface Stamper {
  /**
   * @param signature - the content of a SignerInfo's `signature`
   * @param api - of whoever signed, whose settings are used unless the options name another client
   * @throws {TimestampError} `TIMESTAMP_FAILED`
   * @throws {SignPathError} `ABORTED`
   */
  stamp(signature: Uint8Array, api: ApiClient): Promise<Timestamp>;
  /** The same by a digest that a toolkit has made of the signature: 32, 48 or 64 bytes. */
  stampDigest(digest: Uint8Array, api: ApiClient): Promise<Timestamp>;
}

/**
 * Checks the choice before anything is signed.
 *
 * @param signal - of the caller, where the options have none
 * @throws {SignPathError} `CONFIG_INVALID`
 */
export function stamperOf(choice: TimestampChoice, signal?: AbortSignal | undefined): Stamper {
  const given = optionsOf(choice);
  const options = { ...given, signal: given.signal ?? signal };
  const plan = planOf(options);
  const stampImprint = async (imprint: Imprint, api: ApiClient): Promise<Timestamp> => {
    // Only now: what asks for timestamps and checks them is most of what there is for CMS.
    const { obtain } = await import("./obtain.js");
    return options.client === undefined
      ? throughApi(api, (outside) => obtain(outside, plan, imprint))
      : through(options.client, (outside) => obtain(outside, plan, imprint));
  };
  return {
    stamp: async (signature, api) => stampImprint(imprintOf(signature, plan), api),
    async stampDigest(digest, api) {
      const hash = requireKnown(hashOfLength(digest.byteLength));
      return stampImprint({ digest: exactCopy(digest), hash }, api);
    },
  };
}

function optionsOf(choice: TimestampChoice): TimestampOptions {
  if (typeof choice === "string" || choice instanceof URL) return { authorities: [choice] };
  requireOptions(choice);
  return Symbol.iterator in choice ? { authorities: choice } : choice;
}

/** What is stamped of a signature (RFC 3161, appendix A): its hash, SHA-256 unless another one is asked for. */
export function imprintOf(signature: Uint8Array, { hash = SHA_256 }: TimestampPlan): Imprint {
  return { hash, digest: digestOf(signature, hash) };
}

function digestOf(signature: Uint8Array, { nodeName }: HashAlgorithm): Bytes {
  return exactCopy(createHash(nodeName).update(signature).digest());
}

const SHA_256 = requireKnown(HASH_ALGORITHMS.get("SHA-256"));

function requireKnown(hash: HashAlgorithm | undefined): HashAlgorithm {
  if (hash === undefined) throw new TypeError("there is no such hash");
  return hash;
}
