// Signs bytes with a key that SignPath holds, and checks the signature: node sign-bytes.mjs [PROJECT/POLICY]
import { SignPath, subtle } from "signpath-webcrypto";

const { SIGNPATH_PROJECT_SLUG = "demo", SIGNPATH_SIGNING_POLICY_SLUG = "rsa-2048" } = process.env;
const reference = process.argv[2] ?? `${SIGNPATH_PROJECT_SLUG}/${SIGNPATH_SIGNING_POLICY_SLUG}`;
const data = new TextEncoder().encode("Hello, world!\n");

const signpath = new SignPath(); // SIGNPATH_ORGANIZATION_ID, SIGNPATH_API_TOKEN and the other variables
const policy = await signpath.policy(reference);
const name = policy.keyType === "EC" ? "ECDSA" : "RSASSA-PKCS1-v1_5";
const key = policy.privateKey({ name, hash: "SHA-256" });

// Only the hash of the data is sent. What comes back has been checked against the policy's certificate already.
const signature = await subtle.sign(key.algorithm, key, data);

const publicKey = await policy.publicKey(key.algorithm); // an ordinary CryptoKey
const verified = await subtle.verify(key.algorithm, publicKey, signature, data);
console.log(`${name} signature by ${policy.reference}: ${Buffer.from(signature).toString("base64")}`);
console.log(`verified: ${verified}`);
await signpath.close();
