// A JWT by plain jose and the JWKS to verify it with, on stdout: node global.mjs [PROJECT/POLICY]
// jose calls the global WebCrypto; what is not plain jose: the key, and install() around the call.
import { exportJWK, jwtVerify, SignJWT } from "jose";
import { SignPath } from "signpath-webcrypto";
import { install } from "signpath-webcrypto/global";

const { SIGNPATH_PROJECT_SLUG = "demo", SIGNPATH_SIGNING_POLICY_SLUG = "rsa-2048" } = process.env;
const reference = process.argv[2] ?? `${SIGNPATH_PROJECT_SLUG}/${SIGNPATH_SIGNING_POLICY_SLUG}`;

const signpath = new SignPath();
const policy = await signpath.policy(reference);
// An algorithm of JOSE for each key: an RSA key could be used for PS256 and others too, with a key object for each.
const [alg, name, hash] = {
  RSA: ["RS256", "RSASSA-PKCS1-v1_5", "SHA-256"],
  "P-256": ["ES256", "ECDSA", "SHA-256"],
  "P-384": ["ES384", "ECDSA", "SHA-384"],
  "P-521": ["ES512", "ECDSA", "SHA-512"],
}[policy.namedCurve ?? "RSA"];
const { privateKey, publicKey } = await policy.keyPair({ name, hash });

const uninstall = install(); // with `using`, where the runtime has it, there is nothing to take back
try {
  const token = await new SignJWT({ "urn:example:claim": true })
    .setProtectedHeader({ alg, typ: "JWT" })
    .setIssuer("https://issuer.example")
    .setIssuedAt()
    .setExpirationTime("5m")
    .sign(privateKey);
  await jwtVerify(token, publicKey);
  console.log(token);
} finally {
  uninstall();
}
console.log(JSON.stringify({ keys: [{ ...(await exportJWK(publicKey)), alg, use: "sig" }] })); // for those who verify
await signpath.close();
