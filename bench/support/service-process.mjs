// The service as the bench needs it, in a process of its own: raw HTTP/1.1 on loopback, answered with bytes that
// were made beforehand. Over the IPC channel of `fork` it is told what to do and tells what it saw.
import "reflect-metadata";
import { constants, createHash, KeyObject, privateEncrypt, sign, webcrypto } from "node:crypto";
import { createServer } from "node:net";
import { X509CertificateGenerator } from "@peculiar/x509";
import { ALGORITHMS, MESSAGE, ORGANIZATIONS } from "./service.mjs";

const MESSAGE_HASH = createHash("sha256").update(MESSAGE).digest("base64");
/** What comes before a SHA-256 digest in a DER DigestInfo (RFC 8017, section 9.2, note 1). */
const DIGEST_INFO = Buffer.from("3031300d060960864801650304020105000420", "hex");

const KEYS = {
  "RSA-2048": { modulusLength: 2048, publicExponent: new Uint8Array([1, 0, 1]) },
  "P-256": { namedCurve: "P-256" },
};

const services = new Map();
for (const [kind, organization] of Object.entries(ORGANIZATIONS)) {
  services.set(organization, await createService(kind));
}
const seen = { requests: 0, connections: 0, lastPost: "" };
let latencyMs = 0;

const server = createServer({ noDelay: true }, serve);
server.listen({ port: 0, host: "127.0.0.1", backlog: 1024 }, () =>
  process.send({ port: server.address().port, facts: allFacts() }),
);

process.on("message", (order) => {
  latencyMs = order.latencyMs ?? latencyMs;
  process.send(seen);
  Object.assign(seen, { requests: 0, connections: 0, lastPost: "" });
});
process.on("disconnect", () => process.exit());

async function createService(kind) {
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
  return {
    key,
    facts: { certificate: certificate.toString("pem"), signature: signature.toString("base64") },
    policies: http({ signingPolicies: [policy] }),
    constant: http(signed(key, MESSAGE_HASH, signature)),
  };
}

function allFacts() {
  return Object.fromEntries([...services].map(([organization, { facts }]) => [organization, facts]));
}

/** The answer to a fast signing request: what was asked for, and the signature. */
function signed(key, hash, signature) {
  const rsa = key.asymmetricKeyType === "rsa";
  return {
    Base64EncodedHash: hash,
    SignatureAlgorithm: rsa ? "RsaPkcs1" : "Ecdsa",
    ...(rsa && { RsaHashAlgorithm: "2.16.840.1.101.3.4.2.1" }),
    Signature: signature.toString("base64"),
  };
}

function http(value) {
  const body = JSON.stringify(value);
  const head = ["HTTP/1.1 200 OK", "Content-Type: application/json", `Content-Length: ${body.length}`];
  return Buffer.from(`${head.join("\r\n")}\r\n\r\n${body}`);
}

function serve(socket) {
  seen.connections++;
  let pending = "";
  socket.setEncoding("latin1");
  socket.on("error", () => socket.destroy());
  socket.on("data", (chunk) => {
    pending += chunk;
    for (let length = requestLength(pending); length > 0; length = requestLength(pending)) {
      const answer = answerTo(pending.slice(0, length));
      pending = pending.slice(length);
      if (latencyMs === 0) socket.write(answer);
      else setTimeout(() => socket.write(answer), latencyMs);
    }
  });
}

/** The length of the first request, or 0 while it is not whole. */
function requestLength(text) {
  const end = text.indexOf("\r\n\r\n");
  if (end < 0) return 0;
  const length = /\r\ncontent-length: (\d+)/i.exec(text.slice(0, end));
  const whole = end + 4 + Number(length?.[1] ?? 0);
  return text.length >= whole ? whole : 0;
}

function answerTo(request) {
  seen.requests++;
  const [, , , organization] = request.slice(0, 200).split("/");
  const service = services.get(organization);
  if (request.startsWith("GET ")) return service.policies;
  seen.lastPost = request;
  return request.includes(MESSAGE_HASH) ? service.constant : answerToHash(service, request);
}

/** A hash other than that of the bench's message: an RSA key signs it now. */
function answerToHash({ key }, request) {
  const [, hash] = /"Base64EncodedHash":"([^"]+)"/.exec(request);
  const digestInfo = Buffer.concat([DIGEST_INFO, Buffer.from(hash, "base64")]);
  const signature = privateEncrypt({ key, padding: constants.RSA_PKCS1_PADDING }, digestInfo);
  return http(signed(key, hash, signature));
}
