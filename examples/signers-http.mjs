// A request with a signature (RFC 9421): node signers-http.mjs [PROJECT/POLICY]
import { createHash } from "node:crypto";
import { httpbis } from "http-message-signatures";
import { SignPath } from "signpath-webcrypto";
import { httpMessageSigner } from "signpath-webcrypto/signers";

const { SIGNPATH_PROJECT_SLUG = "demo", SIGNPATH_SIGNING_POLICY_SLUG = "rsa-2048" } = process.env;
const reference = process.argv[2] ?? `${SIGNPATH_PROJECT_SLUG}/${SIGNPATH_SIGNING_POLICY_SLUG}`;
const body = JSON.stringify({ version: "1.2.3" });

const signpath = new SignPath();
const policy = await signpath.policy(reference);
const key = httpMessageSigner(policy, { keyid: policy.reference });

// The signature covers the fields that are named, the body through its digest (RFC 9530).
const digest = createHash("sha256").update(body).digest("base64");
const headers = { "Content-Type": "application/json", "Content-Digest": `sha-256=:${digest}:` };
const request = { method: "POST", url: "https://example.com/releases", headers };
const fields = ["@method", "@authority", "@path", "content-type", "content-digest"];
const signed = await httpbis.signMessage({ key, fields }, request);
await signpath.close();

console.log(signed.headers);
