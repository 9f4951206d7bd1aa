// A self-signed certificate by @peculiar/x509, as PEM on stdout: node x509.mjs [PROJECT/POLICY]
import "reflect-metadata"; // before @peculiar/x509, which throws without it
import * as x509 from "@peculiar/x509";
import { crypto, SignPath } from "signpath-webcrypto";

const { SIGNPATH_PROJECT_SLUG = "demo", SIGNPATH_SIGNING_POLICY_SLUG = "rsa-2048" } = process.env;
const reference = process.argv[2] ?? `${SIGNPATH_PROJECT_SLUG}/${SIGNPATH_SIGNING_POLICY_SLUG}`;

const signpath = new SignPath();
const policy = await signpath.policy(reference);
// Name the hash where the key is made: @peculiar/x509 signs with the key's algorithm, whatever the call asks for.
const keys = await policy.keyPair({
  name: policy.keyType === "EC" ? "ECDSA" : "RSASSA-PKCS1-v1_5",
  hash: "SHA-256",
});

const certificate = await x509.X509CertificateGenerator.createSelfSigned(
  {
    name: "CN=Release signing, O=Example Ltd.",
    notAfter: new Date(Date.now() + 30 * 86_400_000),
    keys,
    signingAlgorithm: keys.privateKey.algorithm, // with the hash and, for RSA-PSS, the salt length
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.codeSigning]),
    ],
  },
  crypto, // this package's: it signs with keys in SignPath, and does everything else as Node does
);
await signpath.close();

console.log(certificate.toString("pem"));
