// A JWT, the JWK Set that it is verified with, and jose that verifies it: node jose.mjs [PROJECT/POLICY]
import { createLocalJWKSet, jwtVerify } from "jose";
import { SignPath } from "signpath-webcrypto";
import { jwks, signJwt } from "signpath-webcrypto/jose";

const { SIGNPATH_PROJECT_SLUG = "demo", SIGNPATH_SIGNING_POLICY_SLUG = "rsa-2048" } = process.env;
const reference = process.argv[2] ?? `${SIGNPATH_PROJECT_SLUG}/${SIGNPATH_SIGNING_POLICY_SLUG}`;

const signpath = new SignPath();
const policy = await signpath.policy(reference);

const claims = { iss: "https://issuer.example", sub: "build-4711", aud: "https://api.example" };
const token = await signJwt(claims, { policy, kid: true, expiresIn: 300 }); // RS256, or the curve's
const published = await jwks(policy); // for https://issuer.example/.well-known/jwks.json
await signpath.close();

const { payload, protectedHeader } = await jwtVerify(token, createLocalJWKSet(published), {
  issuer: claims.iss,
  audience: claims.aud,
});
console.log(token);
console.log(protectedHeader, payload);
