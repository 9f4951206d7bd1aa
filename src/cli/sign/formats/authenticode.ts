import { stat } from "node:fs/promises";
import type { SigningPolicy } from "../../../policy/signing-policy.js";
import { signExecutableFile } from "../../../toolkit/authenticode/index.js";
import { planOf } from "../../../toolkit/authenticode/options.js";
import type { FileSigner, HashName, SignatureOptions } from "../signer.js";
import { timestampOptions } from "../timestamps.js";
import { onFiles } from "./file-errors.js";
import { unstampedOptions } from "./unstamped.js";

/** Signs Windows executables, of any size in constant memory. */
export async function authenticodeSigner(
  policy: SigningPolicy,
  options: SignatureOptions,
): Promise<FileSigner> {
  const { hash, padding, certificates, timestamps, cms = {}, formats = {} } = options;
  const { description, url, nested, pageHashes } = formats;
  const { includeRoot, aia, incompleteChain } = cms;
  const fixed = {
    ...{ policy, hash, certificates, includeRoot, aia, incompleteChain },
    ...{ description, url, nested, pageHashes },
    padding: padding as "pkcs1" | undefined,
    timestamp: timestamps && timestampOptions(timestamps),
  };
  const plan = planOf(fixed);
  return {
    format: "authenticode",
    algorithm: policy.keyType === "EC" ? "ECDSA" : "RSASSA-PKCS1-v1_5",
    hash: plan.hash.name as HashName,
    signFile: ({ file, output }, signal, onUnstamped) =>
      onFiles({ file, output, format: "authenticode" }, async () => {
        const asked = { ...fixed, signal, ...unstampedOptions(options, onUnstamped) };
        await signExecutableFile(file, { ...asked, ...(output !== file && { output }) });
        return (await stat(output)).size;
      }),
  };
}
