// Signs a file as CMS once with pkijs alone and a key of this process, as its documentation shows.
import { readFile, writeFile } from "node:fs/promises";
import * as asn1js from "asn1js";
import * as pkijs from "pkijs";

const [pem, path, output, detached] = process.argv.slice(2).map((argument) => JSON.parse(argument));
const der = (label) => {
  const [, base64] = new RegExp(`-----BEGIN ${label}-----([^-]+)`).exec(pem);
  return new Uint8Array(Buffer.from(base64, "base64")).buffer;
};
const algorithm = { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256" };
const key = await crypto.subtle.importKey("pkcs8", der("PRIVATE KEY"), algorithm, false, ["sign"]);
const certificate = pkijs.Certificate.fromBER(der("CERTIFICATE"));
const content = new Uint8Array(await readFile(path)).buffer;
const messageDigest = await crypto.subtle.digest("SHA-256", content);
const attribute = (type, value) => new pkijs.Attribute({ type, values: [value] });
const signedData = new pkijs.SignedData({
  version: 1,
  encapContentInfo: new pkijs.EncapsulatedContentInfo({ eContentType: pkijs.ContentInfo.DATA }),
  certificates: [certificate],
  signerInfos: [
    new pkijs.SignerInfo({
      version: 1,
      sid: new pkijs.IssuerAndSerialNumber({
        issuer: certificate.issuer,
        serialNumber: certificate.serialNumber,
      }),
      signedAttrs: new pkijs.SignedAndUnsignedAttributes({
        type: 0,
        attributes: [
          attribute("1.2.840.113549.1.9.3", new asn1js.ObjectIdentifier({ value: pkijs.ContentInfo.DATA })),
          attribute("1.2.840.113549.1.9.4", new asn1js.OctetString({ valueHex: messageDigest })),
          attribute("1.2.840.113549.1.9.5", new asn1js.UTCTime({ valueDate: new Date() })),
        ],
      }),
    }),
  ],
});
if (!detached) signedData.encapContentInfo.eContent = new asn1js.OctetString({ valueHex: content });
await signedData.sign(key, 0, "SHA-256", content);
const contentInfo = new pkijs.ContentInfo({
  contentType: pkijs.ContentInfo.SIGNED_DATA,
  content: signedData.toSchema(true),
});
await writeFile(output, new Uint8Array(contentInfo.toSchema().toBER()));
