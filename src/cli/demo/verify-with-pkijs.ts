import * as asn1js from "asn1js";
import * as pkijs from "pkijs";
import { certificateFromPem } from "./plain-pkijs.js";

/** Checks a detached CMS signature and its chain up to a root, PEM, with pkijs; why it is not good, or `undefined` if it is. */
export async function verifyWithPkijs(
  content: Uint8Array,
  signature: Uint8Array,
  rootCertificate: string,
): Promise<string | undefined> {
  try {
    const contentInfo = pkijs.ContentInfo.fromBER(new Uint8Array(signature).buffer);
    const signedData = new pkijs.SignedData({ schema: contentInfo.content });
    // Put back to where it was detached from, because pkijs takes empty content for a missing one.
    signedData.encapContentInfo.eContent = new asn1js.OctetString({
      valueHex: new Uint8Array(content).buffer,
    });
    const { signatureVerified, message } = await signedData.verify({
      signer: 0,
      trustedCerts: [certificateFromPem(rootCertificate)],
      checkChain: true,
      extendedMode: true,
    });
    return signatureVerified === true ? undefined : message || "pkijs says no";
  } catch (error) {
    // In its extended mode pkijs throws an object with the reason.
    return error instanceof Error && error.message !== "" ? error.message : "pkijs cannot read it";
  }
}
