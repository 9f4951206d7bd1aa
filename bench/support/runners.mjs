import { fork } from "node:child_process";
import { once } from "node:events";
import { SignPath, subtle } from "../../dist/index.js";
import { ALGORITHMS, MESSAGE } from "./service.mjs";

/** Before it is measured, each runs for so long, so that its code is compiled. */
const WARM_UP_MS = 1500;

/**
 * The package and the floor for one kind of key, with and without the check of signatures: each in a process of its own,
 * so that none is slowed down by the code and the garbage of another.
 */
export async function startRunners(service, kind) {
  const { ours, floor } = await verifiedPair(service, kind);
  const runners = {
    floor: await startRunner({ ...floor, verified: false }),
    unverified: await startRunner({ ...ours, verified: false }),
    floorVerified: await startRunner(floor),
    verified: await startRunner(ours),
  };
  for (const runner of Object.values(runners)) await runner.flood(64, WARM_UP_MS);
  return runners;
}

/** What the package and the floor are started with, where both check signatures. */
export async function verifiedPair(service, kind) {
  const post = await recordPost(service, kind);
  return {
    ours: { runner: "package", kind, options: service.options(kind), verified: true },
    floor: { runner: "bare", origin: service.origin, post, facts: service.facts(kind), verified: true },
  };
}

export function stopRunners(runners) {
  for (const runner of Object.values(runners)) runner.stop();
}

/** Starts one of those that are compared; it has signed once, and is not warm otherwise. */
export async function startRunner(options) {
  const child = fork(new URL("runner-process.mjs", import.meta.url), { execArgv: ["--expose-gc"] });
  child.send(options);
  await once(child, "message");

  async function measure(measurement, ...args) {
    child.send({ measurement, args });
    const [result] = await once(child, "message");
    return result;
  }

  return {
    flood: (inFlight, ms) => measure("flood", inFlight, ms),
    latencies: (ms) => measure("latencies", ms),
    series: (inFlight, first, count) => measure("series", inFlight, first, count),
    bursts: (count, times) => measure("bursts", count, times),
    waiting: (count) => measure("waiting", count),
    answered: (inFlight, skippedMs, ms) => measure("answered", inFlight, skippedMs, ms),
    steady: (inFlight, skippedMs, ms) => measure("steady", inFlight, skippedMs, ms),
    stop: () => child.disconnect(),
  };
}

/** A request of the package as it was on the wire, as the options of another one. */
async function recordPost(service, kind) {
  const client = new SignPath(service.options(kind));
  const key = (await client.policy()).privateKey(ALGORITHMS[kind]);
  await subtle.sign(key.algorithm, key, MESSAGE);
  await client.close();
  const { lastPost } = await service.seen();
  const end = lastPost.indexOf("\r\n\r\n");
  const [line, ...fields] = lastPost.slice(0, end).split("\r\n");
  const [method, path] = line.split(" ");
  const headers = fields
    .map((field) => /^([^:]+): (.*)$/.exec(field).slice(1))
    .filter(([name]) => !["host", "connection", "content-length"].includes(name.toLowerCase()))
    .flat();
  return { method, path, headers, body: lastPost.slice(end + 4) };
}
