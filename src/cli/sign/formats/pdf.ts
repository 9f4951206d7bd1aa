import { algorithmOf } from "../../../adapter/choice.js";
import type { SigningPolicy } from "../../../policy/signing-policy.js";
import { signPdf } from "../../../toolkit/pdf/index.js";
import { lengthOf } from "../../../toolkit/pdf/length.js";
import { pdfSignaturePlanOf } from "../../../toolkit/pdf/options.js";
import type { ContentSigner, HashName, SignatureOptions } from "../signer.js";
import { timestampOptions } from "../timestamps.js";
import { loadPdfKit, withPlaceholder } from "./pdf-placeholder.js";
import { unstampedOptions } from "./unstamped.js";
import { wholeFile } from "./whole-file.js";

/** @signpdf/signpdf and pdf-lib have it in memory several times. */
const MOST_MEBIBYTES = 256;

/** For a field, its dictionaries and a table of objects. */
const USUAL_BYTES = 64 * 1024;

/** Puts signatures as PAdES has them into PDF files: B-B, with a timestamp B-T. */
export async function pdfSigner(policy: SigningPolicy, options: SignatureOptions): Promise<ContentSigner> {
  const { padding, certificates, timestamps, cms = {}, formats = {} } = options;
  const { name, hash } = algorithmOf({ policy, hash: options.hash, padding });
  const { includeRoot, aia, incompleteChain } = cms;
  const fixed = {
    ...{ policy, hash: hash as HashName, padding, certificates, includeRoot, aia, incompleteChain },
    timestamp: timestamps && timestampOptions(timestamps),
  };
  // Missing issuers are fetched where they are wanted, not for this.
  const plan = pdfSignaturePlanOf({ ...fixed, aia: false, incompleteChain: "ignore" });
  const digits = 2 * (await lengthOf(plan)) + (aia === true ? USUAL_BYTES : 0);
  const kit = await loadPdfKit();
  return {
    ...{ format: "pdf", algorithm: name, hash: hash as HashName },
    takesBytes: false,
    room: (contentBytes) => contentBytes + digits + USUAL_BYTES,
    sign: async (source, signal, onUnstamped) => {
      const pdf = await wholeFile(source, MOST_MEBIBYTES, signal);
      const asked = { ...fixed, signal, ...unstampedOptions(options, onUnstamped) };
      return signPdf((fields) => withPlaceholder(pdf, { kit, ...formats, ...fields }), asked);
    },
  };
}
