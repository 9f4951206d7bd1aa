import { createPublicKey, verify } from "node:crypto";
import { Pool } from "undici";
import { SignPath, subtle } from "../../dist/index.js";
import { ALGORITHMS, MESSAGE } from "./service.mjs";

/** This package: a client, and a function that signs the message once. */
export async function openClient(service, kind, options) {
  const client = new SignPath(service.options(kind, options));
  const key = (await client.policy()).privateKey(ALGORITHMS[kind]);
  return { sign: () => subtle.sign(key.algorithm, key, MESSAGE), close: () => client.close() };
}

/**
 * The floor: a bare `request` of undici's pool with the head and the body of one of the package's requests, always the
 * same, its answer read as text; and the same followed by a check of the message's signature with `crypto.verify`.
 */
export async function openFloor(service, kind) {
  const ours = await openClient(service, kind);
  await ours.sign();
  await ours.close();
  const { lastPost } = await service.seen();
  const request = parsePost(lastPost);
  const { certificate, signature: base64 } = service.facts(kind);
  const key = { key: createPublicKey(certificate), dsaEncoding: "ieee-p1363" };
  const signature = Buffer.from(base64, "base64");
  const pool = new Pool(service.origin, { connections: 64 });

  async function bare() {
    const { body } = await pool.request(request);
    return body.text();
  }

  async function verified() {
    await bare();
    if (!verify("sha256", MESSAGE, key, signature)) throw new Error("the signature does not verify");
  }

  return { bare, verified, close: () => pool.close() };
}

/** A request as it was on the wire, as the options of another one. */
function parsePost(text) {
  const end = text.indexOf("\r\n\r\n");
  const [line, ...fields] = text.slice(0, end).split("\r\n");
  const [method, path] = line.split(" ");
  const headers = fields
    .map((field) => /^([^:]+): (.*)$/.exec(field).slice(1))
    .filter(([name]) => !["host", "connection", "content-length"].includes(name.toLowerCase()))
    .flat();
  return { method, path, headers, body: Buffer.from(text.slice(end + 4), "latin1") };
}
