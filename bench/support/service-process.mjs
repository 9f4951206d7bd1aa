// The service as the bench needs it, in a process of its own: raw HTTP/1.1 on loopback, answered with bytes that
// were made beforehand. Over the IPC channel of `fork` it is told what to do and tells what it saw.
import { createServer } from "node:net";
import { performance } from "node:perf_hooks";
import { DelayLine } from "./delay-line.mjs";
import { ORGANIZATIONS } from "./service.mjs";
import { createOrganization, http } from "./service-keys.mjs";
import { TokenBucket } from "./token-bucket.mjs";

const TOO_MANY = http("429 Too Many Requests", { title: "Too Many Requests", status: 429 }, "Retry-After: 1");

const organizations = new Map();
for (const [kind, id] of Object.entries(ORGANIZATIONS)) organizations.set(id, await createOrganization(kind));

let seen = nothing();
const later = new DelayLine();
let bucket;

const server = createServer({ noDelay: true }, serve);
server.listen({ port: 0, host: "127.0.0.1", backlog: 1024 }, () =>
  process.send({ port: server.address().port, facts: allFacts() }),
);

process.on("message", (order) => {
  later.delayMs = order.latencyMs ?? later.delayMs;
  if (order.perSecond !== undefined) {
    bucket = order.perSecond === Infinity ? undefined : new TokenBucket(order.perSecond);
  }
  process.send({ ...seen, lastPost: seen.lastPost?.toString("latin1") });
  seen = nothing();
});
process.on("disconnect", () => process.exit());

function nothing() {
  return { requests: 0, refused: 0, connections: 0, delayed: 0, delayedMs: 0, lastPost: undefined };
}

function allFacts() {
  return Object.fromEntries([...organizations].map(([id, { facts }]) => [id, facts]));
}

function serve(socket) {
  seen.connections++;
  let pending = Buffer.alloc(0);
  /** The last request: a client that sends the same bytes again is answered without reading them again. */
  let last = { bytes: pending };
  socket.on("error", () => socket.destroy());
  socket.on("data", (chunk) => {
    if (pending.length === 0 && chunk.equals(last.bytes)) {
      answer(socket, last);
      return;
    }
    pending = pending.length === 0 ? chunk : Buffer.concat([pending, chunk]);
    for (let length = requestLength(pending); length > 0; length = requestLength(pending)) {
      last = read(pending.subarray(0, length));
      answer(socket, last);
      pending = pending.subarray(length);
    }
  });
}

/** The length of the first request, or 0 while it is not whole. */
function requestLength(bytes) {
  const end = bytes.indexOf("\r\n\r\n");
  if (end < 0) return 0;
  const length = /\r\ncontent-length: (\d+)/i.exec(bytes.toString("latin1", 0, end));
  const whole = end + 4 + Number(length?.[1] ?? 0);
  return bytes.length >= whole ? whole : 0;
}

/** A whole request, and what it is answered with. */
function read(bytes) {
  const text = bytes.toString("latin1");
  const [, , , id] = text.slice(0, 200).split("/");
  const organization = organizations.get(id);
  const isPost = !text.startsWith("GET ");
  return { bytes, isPost, reply: isPost ? organization.signatureFor(text) : organization.policies };
}

function answer(socket, { bytes, isPost, reply }) {
  seen.requests++;
  if (isPost) seen.lastPost = bytes;
  const isRefused = bucket !== undefined && !bucket.take();
  if (isRefused) seen.refused++;
  const sent = isRefused ? TOO_MANY : reply;
  if (later.delayMs === 0) socket.write(sent);
  else answerLater(socket, sent);
}

/** Says how long it really took, since the machine, and the answers that are due before, can make it late. */
function answerLater(socket, sent) {
  const receivedAt = performance.now();
  later.add(() => {
    seen.delayed++;
    seen.delayedMs += performance.now() - receivedAt;
    socket.write(sent);
  });
}
