// Prints what the package does while it signs: node diagnostics.mjs [PROJECT/POLICY]
import { subscribe } from "node:diagnostics_channel";
import { SignPath, subtle } from "signpath-webcrypto";

subscribe("signpath:request", (message) => {
  const { type, call, what, elapsedMs, ...rest } = message;
  console.log(`call ${call} after ${elapsedMs.toFixed(1)} ms: ${type} of the ${what}`, rest);
});
subscribe("signpath:sign", (message) => console.log(message));

const { SIGNPATH_PROJECT_SLUG = "demo", SIGNPATH_SIGNING_POLICY_SLUG = "rsa-2048" } = process.env;
const [reference = `${SIGNPATH_PROJECT_SLUG}/${SIGNPATH_SIGNING_POLICY_SLUG}`] = process.argv.slice(2);

const signpath = new SignPath();
const policy = await signpath.policy(reference);
const algorithm = { name: policy.keyType === "EC" ? "ECDSA" : "RSA-PSS", hash: "SHA-256" };
const key = policy.privateKey(algorithm);
await subtle.sign({ ...algorithm, saltLength: 32 }, key, new TextEncoder().encode("a message"));
await signpath.close();
