// A certification request and a PKCS #7 message by node-forge, which cannot wait: node node-forge.mjs [PROJECT/POLICY]
import forge from "node-forge";
import { createSyncSigner, forgeKey } from "signpath-webcrypto/sync";

const { SIGNPATH_PROJECT_SLUG = "demo", SIGNPATH_SIGNING_POLICY_SLUG = "rsa-2048" } = process.env;
const policy = process.argv[2] ?? `${SIGNPATH_PROJECT_SLUG}/${SIGNPATH_SIGNING_POLICY_SLUG}`;

// A worker thread with a client. The settings are those of `new SignPath`: here the SIGNPATH_* variables.
const signer = createSyncSigner({ policy });
const key = forgeKey(signer);
const certificate = forge.pki.certificateFromPem(signer.certificatePem.trim());

const request = forge.pki.createCertificationRequest();
request.publicKey = certificate.publicKey;
request.setSubject(certificate.subject.attributes);
request.sign(key, forge.md.sha256.create()); // this thread stops until the signature is there

const message = forge.pkcs7.createSignedData();
message.content = forge.util.createBuffer("what is signed", "utf8");
message.addCertificate(certificate);
message.addSigner({
  key,
  certificate,
  digestAlgorithm: forge.pki.oids.sha256, // the default is SHA-1, which is refused
  authenticatedAttributes: [
    { type: forge.pki.oids.contentType, value: forge.pki.oids.data },
    { type: forge.pki.oids.messageDigest },
    { type: forge.pki.oids.signingTime, value: new Date() },
  ],
});
message.sign();
signer.close();

console.log(forge.pki.certificationRequestToPem(request));
console.log(forge.pkcs7.messageToPem(message));
