// jsonwebtoken signs synchronously: its token is signed anew by a key in SignPath: node jose-resign.mjs [PROJECT/POLICY]
import jsonwebtoken from "jsonwebtoken";
import { SignPath } from "signpath-webcrypto";
import { keyParameters, resign, throwAwayKey } from "signpath-webcrypto/jose";

const { SIGNPATH_PROJECT_SLUG = "demo", SIGNPATH_SIGNING_POLICY_SLUG = "rsa-2048" } = process.env;
const reference = process.argv[2] ?? `${SIGNPATH_PROJECT_SLUG}/${SIGNPATH_SIGNING_POLICY_SLUG}`;

const signpath = new SignPath();
const policy = await signpath.policy(reference);

const { pem, alg } = await throwAwayKey(policy); // made here, trusted by nobody
const header = await keyParameters(policy, { kid: true });
const draft = jsonwebtoken.sign({ sub: "build-4711" }, pem, {
  algorithm: alg,
  expiresIn: "5m",
  keyid: header.kid,
});
const token = await resign(draft, policy); // only the third part is another one
await signpath.close();

const publicKey = policy.certificate.publicKey.toString("pem");
console.log(token);
console.log(jsonwebtoken.verify(token, publicKey, { algorithms: [alg] }));
