import { algorithmOf } from "../../../adapter/choice.js";
import { loadPeer, loadWithDependency, missingPeer } from "../../../adapter/peer.js";
import { refused } from "../../../adapter/refusal.js";
import { isSignPathError } from "../../../base/errors.js";
import type { SigningPolicy } from "../../../policy/signing-policy.js";
import type { XmlHash, XmlToolkit } from "../../../toolkit/xml/index.js";
import { signXml } from "../../../toolkit/xml/index.js";
import type { ContentSigner, HashName, SignatureOptions } from "../signer.js";
import { wholeFile } from "./whole-file.js";

/** A document takes many times its length in memory. */
const MOST_MEBIBYTES = 64;

/** Longer than any signature with the policy's certificate. */
const USUAL_BYTES = 16 * 1024;

/** Puts XML signatures into documents: enveloped, over the whole document but for its comments. */
export async function xmlSigner(policy: SigningPolicy, options: SignatureOptions): Promise<ContentSigner> {
  const { padding, certificates } = options;
  const { name, hash } = algorithmOf({ policy, hash: options.hash, padding });
  const toolkit = await loadToolkit();
  const fixed = { policy, hash: hash as XmlHash, padding, certificates, toolkit };
  const certificateBytes = certificates.reduce((sum, each) => sum + each.byteLength, 0);
  return {
    ...{ format: "xml", algorithm: name, hash: hash as HashName },
    // What is written in another encoding than UTF-8 may become longer, and no character more than this.
    takesBytes: false,
    room: (contentBytes) => USUAL_BYTES + 2 * certificateBytes + 2 * contentBytes,
    sign: async (source, signal) => {
      const text = textOf(await wholeFile(source, MOST_MEBIBYTES, signal));
      return Buffer.from(await signXml(text, { ...fixed, signal }));
    },
  };
}

/** xmldsigjs, with a parser that takes no XML that is not well-formed. */
async function loadToolkit(): Promise<XmlToolkit> {
  const packages = ["xmldsigjs", "@xmldom/xmldom"] as const;
  const { DOMImplementation, DOMParser, XMLSerializer } = await loadPeer(
    packages[1],
    () => import("@xmldom/xmldom"),
  ).catch((error: unknown) => {
    throw isSignPathError(error) ? missingPeer(packages, error) : error;
  });
  const loaded = loadWithDependency(packages[0], "xml-core");
  if (loaded === undefined) throw missingPeer(packages);
  class StrictParser extends DOMParser {
    constructor() {
      super({
        onError: (_level, message) => {
          throw new Error(message);
        },
      });
    }
  }
  const { setNodeDependencies } = loaded.dependency as typeof import("xml-core");
  setNodeDependencies({ DOMImplementation, DOMParser: StrictParser, XMLSerializer });
  return loaded.peer as XmlToolkit;
}

/** By the byte order mark, else by the declaration, else UTF-8 (XML 1.0, appendix F). */
function textOf(bytes: Buffer): string {
  const declared = /^\s*<\?xml[^>]*?\sencoding\s*=\s*["']([\w.-]+)["']/.exec(
    bytes.toString("latin1", 0, 256),
  )?.[1];
  const label = markOf(bytes) ?? declared ?? "utf-8";
  try {
    return new TextDecoder(label, { fatal: true }).decode(bytes);
  } catch (error) {
    throw refused(`it is no text in ${label}`, "REQUEST_REJECTED", error);
  }
}

function markOf(bytes: Buffer): string | undefined {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return "utf-16le";
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return "utf-16be";
  return bytes.subarray(0, 3).equals(Buffer.of(0xef, 0xbb, 0xbf)) ? "utf-8" : undefined;
}
