// A COSE_Sign1 message (RFC 9052) in hexadecimal: node signers-cose.mjs [PROJECT/POLICY]
import cose from "cose-js";
import { SignPath } from "signpath-webcrypto";
import { signCose } from "signpath-webcrypto/signers";

const { SIGNPATH_PROJECT_SLUG = "demo", SIGNPATH_SIGNING_POLICY_SLUG = "rsa-2048" } = process.env;
const reference = process.argv[2] ?? `${SIGNPATH_PROJECT_SLUG}/${SIGNPATH_SIGNING_POLICY_SLUG}`;
const payload = new TextEncoder().encode("Hello, world!\n");

const signpath = new SignPath();
const policy = await signpath.policy(reference);

// The verifier gets the certificate with the message; whether it trusts it is its business.
const headers = { p: { x5chain: Buffer.from(policy.certificateDer) }, u: { kid: policy.reference } };
const message = await signCose(cose, headers, payload, { policy });
await signpath.close();

console.log(message.toString("hex"));
