import { fork } from "node:child_process";
import { once } from "node:events";

/** What is signed: 1 KiB, always the same, so that the service need not compute a signature for each request. */
export const MESSAGE = Buffer.alloc(1024, "a message to sign; ");

/** What each kind of key signs with. */
export const ALGORITHMS = {
  "RSA-2048": { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256" },
  "P-256": { name: "ECDSA", hash: "SHA-256" },
};

/** The organization in which each kind of key is. */
export const ORGANIZATIONS = {
  "RSA-2048": "11111111-1111-4111-8111-111111111111",
  "P-256": "22222222-2222-4222-8222-222222222222",
};

/** Starts the service in a process of its own. */
export async function startService() {
  const child = fork(new URL("service-process.mjs", import.meta.url), { serialization: "advanced" });
  const [{ port, facts }] = await once(child, "message");
  const origin = `http://127.0.0.1:${port}`;

  /** Tells the service something, and resolves to what it has seen since the last time. */
  async function tell(order = {}) {
    child.send(order);
    const [seen] = await once(child, "message");
    return seen;
  }

  return {
    origin,
    /** Options of a client for one kind of key. */
    options: (kind, more) => ({
      apiUrl: `${origin}/Api`,
      organizationId: ORGANIZATIONS[kind],
      apiToken: "bench+token/0123456789",
      projectSlug: "bench",
      signingPolicySlug: "release",
      proxy: false,
      ...more,
    }),
    /** The certificate (PEM) and the signature of the message (Base64), by one kind of key. */
    facts: (kind) => facts[ORGANIZATIONS[kind]],
    /** Requests, those refused, connections and the text of the last POST since the last time it was asked. */
    seen: () => tell(),
    /** How long it waits before it answers. */
    setLatency: (latencyMs) => tell({ latencyMs }),
    /** How many requests a second it answers; `Infinity` where it refuses none. */
    setRateLimit: (perSecond) => tell({ perSecond }),
    stop: () => child.disconnect(),
  };
}
