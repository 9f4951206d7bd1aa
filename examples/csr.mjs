// A certification request (PKCS#10) for the key of a policy, as PEM on stdout: node csr.mjs [PROJECT/POLICY]
import * as pkijs from "pkijs";
import { SignPath } from "signpath-webcrypto";
import { createEngine, policyCertificate } from "signpath-webcrypto/pkijs";

const { SIGNPATH_PROJECT_SLUG = "demo", SIGNPATH_SIGNING_POLICY_SLUG = "rsa-2048" } = process.env;
const reference = process.argv[2] ?? `${SIGNPATH_PROJECT_SLUG}/${SIGNPATH_SIGNING_POLICY_SLUG}`;

const signpath = new SignPath();
const policy = await signpath.policy(reference);
const { privateKey, publicKey } = await policy.keyPair({
  name: policy.keyType === "EC" ? "ECDSA" : "RSASSA-PKCS1-v1_5",
  hash: "SHA-256",
});
const engine = createEngine(pkijs);

const request = new pkijs.CertificationRequest();
request.subject = policyCertificate(policy, pkijs).subject; // as for a renewal
request.attributes = []; // where there are none, an empty list has to say so
await request.subjectPublicKeyInfo.importKey(publicKey, engine);
await request.sign(privateKey, "SHA-256", engine);
await signpath.close();

const base64 = Buffer.from(request.toSchema(true).toBER()).toString("base64");
const label = "CERTIFICATE REQUEST";
console.log([`-----BEGIN ${label}-----`, ...base64.match(/.{1,64}/g), `-----END ${label}-----`].join("\n"));
