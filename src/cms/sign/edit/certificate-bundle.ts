import type { Bytes } from "../../../base/bytes.js";
import { concat } from "../../../base/bytes.js";
import type { CertificateInput } from "../../../policy/chain.js";
import { readCertificates } from "../../../policy/chain.js";
import { CONTENT_TYPES } from "../../asn1/oids.js";
import { encodeAround } from "../encode.js";
import { refused } from "../refusal.js";

/**
 * Certificates in a CMS SignedData without content and signers (RFC 5652, section 5.2), as files named .p7b or .p7c are; each
 * byte for byte, one that is there twice once.
 *
 * @param certificates - PEM bundles, DER, or certificate objects
 * @returns the bundle, DER
 * @throws {SignPathError} `CONFIG_INVALID` for one that cannot be read, and for none
 */
export function certificateBundle(certificates: Iterable<CertificateInput>): Bytes {
  const list = readCertificates(typeof certificates === "string" ? [certificates] : certificates);
  if (list.length === 0) throw refused("CONFIG_INVALID", "a bundle of certificates needs one at least");
  const { before, after } = encodeAround(
    {
      version: 1,
      digestAlgorithms: [],
      contentType: CONTENT_TYPES.data,
      certificates: list,
      crls: [],
      signerInfos: [],
    },
    undefined,
  );
  return concat(before, after);
}
