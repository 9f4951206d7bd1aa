// A policy as a certification authority: node certificate-authority.mjs [PROJECT/POLICY]
import "reflect-metadata"; // before @peculiar/x509, which throws without it
import * as x509 from "@peculiar/x509";
import { SignPath } from "signpath-webcrypto";
import { createRevocationList, createSelfSignedCertificate, issueCertificate } from "signpath-webcrypto/x509";

const { SIGNPATH_PROJECT_SLUG = "demo", SIGNPATH_SIGNING_POLICY_SLUG = "rsa-2048" } = process.env;
const reference = process.argv[2] ?? `${SIGNPATH_PROJECT_SLUG}/${SIGNPATH_SIGNING_POLICY_SLUG}`;
const inDays = (days) => new Date(Date.now() + days * 86_400_000);

const signpath = new SignPath();
const policy = await signpath.policy(reference);

// The certificate of an authority for the policy's key. Where the policy's own is one, leave `issuer` out below.
const root = await createSelfSignedCertificate({
  policy,
  subject: "CN=Example root, O=Example Ltd.",
  notAfter: inDays(3650),
  extensions: [
    new x509.BasicConstraintsExtension(true, 0, true),
    new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
  ],
});

// Somebody asks for a certificate, with a key of their own.
const keys = await crypto.subtle.generateKey({ name: "ECDSA", namedCurve: "P-256" }, false, [
  "sign",
  "verify",
]);
const signingAlgorithm = { name: "ECDSA", hash: "SHA-256" };
const request = await x509.Pkcs10CertificateRequestGenerator.create(
  { name: "CN=build-7.example", keys, signingAlgorithm },
  crypto,
);

// What is asked for is checked to be asked for by whoever has the key.
const certificate = await issueCertificate({
  policy,
  issuer: root,
  request: request.toString("pem"),
  notAfter: inDays(90),
  extensions: [new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.clientAuth])],
});
const list = await createRevocationList({
  policy,
  issuer: root,
  revoked: [{ serialNumber: certificate.serialNumber, reason: x509.X509CrlReason.superseded }],
  nextUpdate: inDays(7),
  number: 1,
});
await signpath.close();

console.log([root, certificate, list].map((document) => document.toString("pem")).join("\n"));
