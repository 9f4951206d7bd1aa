// A detached CMS signature by pkijs, as PEM on stdout: node pkijs.mjs [PROJECT/POLICY]
// All that is not plain pkijs: the engine, the key and the certificate.
import * as asn1js from "asn1js";
import * as pkijs from "pkijs";
import { SignPath } from "signpath-webcrypto";
import { createEngine, policyCertificate } from "signpath-webcrypto/pkijs";

const { SIGNPATH_PROJECT_SLUG = "demo", SIGNPATH_SIGNING_POLICY_SLUG = "rsa-2048" } = process.env;
const reference = process.argv[2] ?? `${SIGNPATH_PROJECT_SLUG}/${SIGNPATH_SIGNING_POLICY_SLUG}`;
const data = new TextEncoder().encode("Hello, world!\n");

const signpath = new SignPath();
const policy = await signpath.policy(reference);
const key = policy.privateKey({
  name: policy.keyType === "EC" ? "ECDSA" : "RSASSA-PKCS1-v1_5",
  hash: "SHA-256",
});
const engine = createEngine(pkijs); // with your own copy of pkijs, 3.4 or 4
const certificate = policyCertificate(policy, pkijs);

// Signed attributes go in the order of their encodings, as DER has it; some verifiers insist.
const digest = await engine.digest("SHA-256", data);
const attributes = [
  { type: "1.2.840.113549.1.9.3", value: new asn1js.ObjectIdentifier({ value: pkijs.ContentInfo.DATA }) },
  { type: "1.2.840.113549.1.9.5", value: new asn1js.UTCTime({ valueDate: new Date() }) },
  { type: "1.2.840.113549.1.9.4", value: new asn1js.OctetString({ valueHex: digest }) },
].map(({ type, value }) => new pkijs.Attribute({ type, values: [value] }));

const { issuer, serialNumber } = certificate;
const signedData = new pkijs.SignedData({
  encapContentInfo: new pkijs.EncapsulatedContentInfo({ eContentType: pkijs.ContentInfo.DATA }),
  certificates: [certificate],
  signerInfos: [
    new pkijs.SignerInfo({
      version: 1,
      sid: new pkijs.IssuerAndSerialNumber({ issuer, serialNumber }),
      signedAttrs: new pkijs.SignedAndUnsignedAttributes({ type: 0, attributes }),
    }),
  ],
});

// Name the key's hash: pkijs's own default is SHA-1, which is refused. Pass the engine with each call: what is set with
// pkijs.setEngine() is gone as soon as another copy of pkijs is imported.
await signedData.sign(key, 0, "SHA-256", data.buffer, engine);
await signpath.close();

const content = signedData.toSchema(true);
const contentInfo = new pkijs.ContentInfo({ contentType: pkijs.ContentInfo.SIGNED_DATA, content });
const base64 = Buffer.from(contentInfo.toSchema().toBER()).toString("base64");
console.log(["-----BEGIN CMS-----", ...base64.match(/.{1,64}/g), "-----END CMS-----"].join("\n"));
