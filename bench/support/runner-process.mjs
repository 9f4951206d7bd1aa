// One of those that are compared, in a process of its own: it signs, or sends bare requests, as it is told over the IPC
// channel of `fork`, and answers with what it measured.
import { createPublicKey, verify } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import { flood, latencies } from "./measure.mjs";
import { answered, bursts, series, steady, waiting } from "./measure-many.mjs";
import { ALGORITHMS, MESSAGE } from "./service.mjs";

const RUNNERS = { package: openPackage, bare: openBare };
const MEASUREMENTS = { flood, latencies, series, bursts, waiting, answered, steady };

process.once("message", async ({ runner, ...options }) => {
  const once = await RUNNERS[runner](options);
  await once();
  process.on("message", async ({ measurement, args }) => {
    process.send(await MEASUREMENTS[measurement](once, ...args));
  });
  process.send("ready");
});
process.on("disconnect", () => process.exit());

/** This package: signs the message once. */
async function openPackage({ kind, verified, options }) {
  const { SignPath, subtle } = await import("../../dist/index.js");
  const client = new SignPath({ ...options, verifySignatures: verified });
  const key = (await client.policy()).privateKey(ALGORITHMS[kind]);
  return () => subtle.sign(key.algorithm, key, MESSAGE);
}

/**
 * The floor: a bare `request` of undici's pool with the head and the body of one of the package's requests, always the
 * same, its answer read as JSON; `verified` checks the message's signature with `crypto.verify` as well, and `patient`
 * repeats in place of that what was refused, when the server says so.
 */
async function openBare({ verified, patient, origin, post, facts }) {
  const { Pool } = await import("undici");
  const pool = new Pool(origin, { connections: 64 });
  const request = { ...post, body: Buffer.from(post.body, "latin1") };
  const key = { key: createPublicKey(facts.certificate), dsaEncoding: "ieee-p1363" };
  const signature = Buffer.from(facts.signature, "base64");

  async function bare() {
    const { body } = await pool.request(request);
    return body.json();
  }

  async function bareAndVerify() {
    await bare();
    if (!verify("sha256", MESSAGE, key, signature)) throw new Error("the signature does not verify");
  }

  async function bareAndPatient() {
    for (;;) {
      const { statusCode, headers, body } = await pool.request(request);
      await body.json();
      if (statusCode !== 429) return;
      await delay(Number(headers["retry-after"]) * 1000);
    }
  }

  if (patient) return bareAndPatient;
  return verified ? bareAndVerify : bare;
}
