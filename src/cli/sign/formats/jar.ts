import { stat } from "node:fs/promises";
import { algorithmOf } from "../../../adapter/choice.js";
import type { SigningPolicy } from "../../../policy/signing-policy.js";
import { signJar } from "../../../toolkit/jar/index.js";
import { jarPlanOf } from "../../../toolkit/jar/options.js";
import { loadZip } from "../../../toolkit/jar/zip.js";
import type { FileSigner, HashName, SignatureOptions } from "../signer.js";
import { timestampOptions } from "../timestamps.js";
import { onFiles } from "./file-errors.js";
import { unstampedOptions } from "./unstamped.js";

/** Signs JAR files, of any size in constant memory; other signatures in them stay. */
export async function jarSigner(policy: SigningPolicy, options: SignatureOptions): Promise<FileSigner> {
  const { padding, certificates, timestamps, cms = {}, formats = {} } = options;
  const { name, hash } = algorithmOf({ policy, hash: options.hash, padding });
  const { includeRoot, aia, incompleteChain } = cms;
  const fixed = {
    ...{ policy, hash: hash as HashName, padding, certificates, includeRoot, aia, incompleteChain },
    signatureName: formats.signatureName,
    timestamp: timestamps && timestampOptions(timestamps),
  };
  jarPlanOf(fixed);
  await loadZip();
  return {
    ...{ format: "jar", algorithm: name, hash: hash as HashName },
    signFile: ({ file, output }, signal, onUnstamped) =>
      onFiles({ file, output, format: "jar" }, async () => {
        const asked = { ...fixed, signal, ...unstampedOptions(options, onUnstamped) };
        await signJar(file, { ...asked, out: output });
        return (await stat(output)).size;
      }),
  };
}
