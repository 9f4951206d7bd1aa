import type { SignPathError } from "../../../base/errors.js";
import type { TimestampOptions } from "../../../cms/timestamp/options.js";
import { isTimestampError } from "../../../cms/timestamp/timestamp-error.js";
import type { SigningPolicy } from "../../../policy/signing-policy.js";
import type { ContentSigner, OnUnstamped, SignatureOptions } from "../signer.js";
import { timestampOptions } from "../timestamps.js";
import { plainAlgorithm } from "./algorithm.js";
import { unstampedOptions } from "./unstamped.js";

/** Longer than any signature with its signed attributes and the policy's certificate. */
const USUAL_BYTES = 16 * 1024;

/** Longer than most timestamps with their certificates. */
const TIMESTAMP_BYTES = 16 * 1024;

/** What attached content grows by as BER, in pieces of some 100 KiB, and more. */
const BER_SHARE = 1 + 2 ** -12;

/** Makes CMS SignedData, detached or with its content. */
export async function cmsSigner(policy: SigningPolicy, options: SignatureOptions): Promise<ContentSigner> {
  const { name, hash } = plainAlgorithm(policy, options);
  // Not all of CMS: who signs without a timestamp need not wait for what checks them.
  const { signCms } = await import("../../../cms/sign/sign-cms.js");
  const { signCmsStream } = await import("../../../cms/sign/sign-cms-stream.js");
  const { planOf } = await import("../../../cms/sign/plan.js");
  const { padding, attached, certificates, timestamps, cms = {} } = options;
  const timestamp = timestamps && timestampOptions(timestamps);
  const fixed = { ...cms, policy, hash, padding, detached: !attached, certificates, timestamp };
  planOf({ ...fixed, onWarning: (_error: SignPathError) => undefined });
  const certificateBytes = certificates.reduce((sum, each) => sum + each.byteLength, 0);
  const signatureBytes = USUAL_BYTES + certificateBytes + (timestamp === undefined ? 0 : TIMESTAMP_BYTES);
  return {
    ...{ format: "cms", algorithm: name, hash },
    takesBytes: !attached,
    room: (contentBytes) => signatureBytes + (attached ? Math.ceil(contentBytes * BER_SHARE) : 0),
    sign: async (source, signal, onUnstamped) => {
      const asked = { ...fixed, signal, ...unstampedOptions(options, onUnstamped) };
      // DER of what is read once cannot be streamed.
      const isInMemory = !attached || (cms.encoding === "der" && typeof source !== "string");
      return isInMemory ? signCms(source, asked) : signCmsStream(source, asked);
    },
    ...(timestamp !== undefined && {
      stamp: (signature: Uint8Array, signal: AbortSignal, onUnstamped?: OnUnstamped) =>
        stamp(signature, { ...timestamp, signal }, onUnstamped),
    }),
  };
}

async function stamp(
  signature: Uint8Array,
  options: TimestampOptions,
  onUnstamped: OnUnstamped,
): Promise<Uint8Array> {
  const { stampCms } = await import("../../../cms/timestamp/stamp-cms.js");
  try {
    return await stampCms(signature, options);
  } catch (error) {
    if (onUnstamped === undefined || !isTimestampError(error)) throw error;
    onUnstamped(error);
    return signature;
  }
}
