// What the service has made beforehand: a key of each kind, its certificate, and the bytes of its answers.
import "reflect-metadata";
import { constants, createHash, KeyObject, privateEncrypt, sign, webcrypto } from "node:crypto";
import { p256 } from "@noble/curves/nist.js";
import { X509CertificateGenerator } from "@peculiar/x509";
import { ALGORITHMS, MESSAGE } from "./service.mjs";

const MESSAGE_HASH = createHash("sha256").update(MESSAGE).digest("base64");
/** What comes before a SHA-256 digest in a DER DigestInfo (RFC 8017, section 9.2, note 1). */
const DIGEST_INFO = Buffer.from("3031300d060960864801650304020105000420", "hex");

const KEYS = {
  "RSA-2048": { modulusLength: 2048, publicExponent: new Uint8Array([1, 0, 1]) },
  "P-256": { namedCurve: "P-256" },
};

/** One organization with one policy, for one kind of key. */
export async function createOrganization(kind) {
  const algorithm = { ...KEYS[kind], ...ALGORITHMS[kind] };
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);
  const certificate = await X509CertificateGenerator.createSelfSigned({
    name: `CN=${kind}`,
    keys,
    signingAlgorithm: { name: algorithm.name, hash: "SHA-256" },
    notBefore: new Date(Date.now() - 86_400_000),
    notAfter: new Date(Date.now() + 86_400_000),
  });
  const policy = {
    signingPolicySlug: "release",
    projectSlug: "bench",
    certificateBytes: Buffer.from(certificate.rawData).toString("base64"),
    certificateType: "X509",
  };
  const key = KeyObject.from(keys.privateKey);
  const signature = sign("sha256", MESSAGE, { key, dsaEncoding: "ieee-p1363" });
  const constant = ok(signed(key, MESSAGE_HASH, signature));
  let last = { hash: MESSAGE_HASH, answer: constant };
  return {
    facts: { certificate: certificate.toString("pem"), signature: signature.toString("base64") },
    /** The answer to a request for policies. */
    policies: ok({ signingPolicies: [policy] }),
    /** The answer to a fast signing request, given as text: made beforehand for the bench's message. */
    signatureFor(request) {
      if (request.includes(MESSAGE_HASH)) return constant;
      const [, hash] = /"Base64EncodedHash":"([^"]+)"/.exec(request);
      if (last.hash !== hash)
        last = { hash, answer: ok(signed(key, hash, signHash(key, Buffer.from(hash, "base64")))) };
      return last.answer;
    },
  };
}

/** An answer of HTTP/1.1 with a JSON body. */
export function http(status, value, ...fields) {
  const body = JSON.stringify(value);
  const head = [`HTTP/1.1 ${status}`, "Content-Type: application/json", `Content-Length: ${body.length}`];
  return Buffer.from(`${[...head, ...fields].join("\r\n")}\r\n\r\n${body}`);
}

function ok(value) {
  return http("200 OK", value);
}

/** Signs a hash that was computed elsewhere; Node cannot do so with an EC key. */
function signHash(key, hash) {
  if (key.asymmetricKeyType === "rsa") {
    return privateEncrypt({ key, padding: constants.RSA_PKCS1_PADDING }, Buffer.concat([DIGEST_INFO, hash]));
  }
  const secret = Buffer.from(key.export({ format: "jwk" }).d, "base64url");
  return Buffer.from(p256.sign(hash, secret, { prehash: false }));
}

/** What a fast signing request is answered with: what was asked for, and the signature. */
function signed(key, hash, signature) {
  const rsa = key.asymmetricKeyType === "rsa";
  return {
    Base64EncodedHash: hash,
    SignatureAlgorithm: rsa ? "RsaPkcs1" : "Ecdsa",
    ...(rsa && { RsaHashAlgorithm: "2.16.840.1.101.3.4.2.1" }),
    Signature: signature.toString("base64"),
  };
}
