import type { Server } from "node:http";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { buffer } from "node:stream/consumers";
import { afterAll, beforeAll } from "vitest";
import { certificateBundle, isTimestampError, timestamp } from "../../src/cms/index.js";
import { fetchIssuers } from "../../src/cms/sign/chain/aia.js";
import { aiaPlanOf } from "../../src/cms/sign/chain/aia-plan.js";
import type { SignPathCryptoKey } from "../../src/key/crypto-key.js";
import { bindingOf } from "../../src/key/crypto-key.js";
import { useSignPath } from "../cms/support.js";
import { useEmulator } from "../support/emulator.js";
import { AUTHORITIES, PEM } from "./certificates.js";
import type { DerEdit } from "./der-edits.js";
import { derEdits, edited, spoiltDer } from "./der-edits.js";
import { fuzzAsync } from "./harness.js";
import { expectCoded } from "./oracles.js";

const emulator = useEmulator();
const signpath = useSignPath(emulator);

/** What is done to the next answer of the emulator's timestamp authority. */
let edits: readonly DerEdit[] = [];
/** What the certificate authority gives. */
let given: Uint8Array = new Uint8Array();

/** A timestamp authority, the emulator's but for what it answers, and a certificate authority. */
const server: Server = createServer(async (request, response) => {
  if (request.method === "GET") return response.end(given);
  const asked = await fetch(emulator().timestampUrl, {
    method: "POST",
    headers: { "content-type": request.headers["content-type"] ?? "" },
    body: await buffer(request),
  });
  response.setHeader("content-type", "application/timestamp-reply");
  return response.end(edited(new Uint8Array(await asked.arrayBuffer()), edits));
});

beforeAll(() => new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve)));
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

function origin(): string {
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

fuzzAsync("authorities", "an answer that was changed is a timestamp, or the authority gave none", {
  part: 0.6,
  inputs: derEdits,
  check: async (changes) => {
    edits = changes;
    const roots = [emulator().rootCertificate];
    const options = { authorities: [origin()], roots, retries: 0, client: signpath() };
    try {
      const { token, time } = await timestamp(new Uint8Array(32).fill(7), options);
      if (token.length === 0 || Number.isNaN(time.getTime())) throw new Error("it is no timestamp");
    } catch (error) {
      expectCoded(error, "TIMESTAMP_FAILED");
      if (!isTimestampError(error)) throw error;
      for (const failure of error.failures) expectCoded(failure);
    }
  },
});

const ISSUERS = [...AUTHORITIES, certificateBundle(AUTHORITIES), ...PEM.map((text) => Buffer.from(text))];
let paths = 0;

fuzzAsync("authorities", "what a certificate authority gives are certificates, or its answer is refused", {
  part: 0.4,
  inputs: spoiltDer(ISSUERS),
  check: async (answer) => {
    given = answer;
    const policy = await signpath().policy("demo/p-256");
    const key = policy.privateKey({ name: "ECDSA" }) as SignPathCryptoKey & CryptoKey;
    const plan = aiaPlanOf({ origins: [origin()] });
    if (plan === undefined) throw new Error("nothing would be fetched");
    // What an address gave is remembered.
    const url = new URL(`/${paths++}`, origin());
    try {
      await fetchIssuers(url, plan, bindingOf(key).state.connection.api, undefined);
    } catch (error) {
      expectCoded(error, "INVALID_RESPONSE");
    }
  },
});
