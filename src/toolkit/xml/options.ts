import type { SignerChoice } from "../../adapter/choice.js";
import type { CertificateInput } from "../../policy/chain.js";
import type { XmlCanonicalization } from "./algorithms.js";
import type { XmlSignatureObject } from "./objects.js";
import type { XmlReference } from "./references.js";
import type { XmlToolkit } from "./toolkit.js";

/** Options of `signXml`. */
export interface SignXmlOptions extends SignerChoice {
  /** All of xmldsigjs, or of xadesjs, as you import it: `import * as xmldsigjs from "xmldsigjs"`. */
  readonly toolkit: XmlToolkit;
  /** What is signed. Default: the whole document; without one, each of the `objects`. */
  readonly references?: Iterable<XmlReference> | undefined;
  /** Content inside of the signature. */
  readonly objects?: Iterable<XmlSignatureObject> | undefined;
  /** How the list of the digests becomes bytes. Default: `"exc-c14n"`, whose signatures can be moved into other documents. */
  readonly canonicalization?: XmlCanonicalization | undefined;
  /** `Id` of the signature. */
  readonly id?: string | undefined;
  /** Whether `KeyInfo` holds the certificate. Default: `true`. */
  readonly keyInfo?: boolean | undefined;
  /** Where the issuers of the certificate are looked for, which then follow it in `KeyInfo`. */
  readonly certificates?: Iterable<CertificateInput> | undefined;
}
