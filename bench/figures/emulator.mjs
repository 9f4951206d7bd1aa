import { createHash } from "node:crypto";
import { mkdtemp, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Pool } from "undici";
import { startEmulator } from "../../dist/emulator/index.js";
import { compared, figure, heading, mebibytes, micros, millis } from "../support/report.mjs";

const PART = 5000;
const IN_FLIGHT = 16;

/** What a request costs the emulator and its client after how many others, and what its audit log takes. */
export async function emulator(_service, { emulatorRequests }) {
  const capacity = Math.round((emulatorRequests * 5) / 6);
  heading(
    `The emulator: processor time of a request after others, ${emulatorRequests} in all, ${capacity} kept, with a state directory`,
    `floor: its first ${PART}`,
  );
  const state = await mkdtemp(join(tmpdir(), "signpath-bench-"));
  try {
    await sign(await startEmulator(), PART);
    const running = await startEmulator({ state, auditLogCapacity: capacity });
    const costs = await sign(running, emulatorRequests, false);
    const [first, last] = [costs[0], costs.at(-1)];
    const factor = last / first;
    compared(`the last ${PART}`, {
      value: micros(last),
      floor: micros(first),
      ratio: { min: factor, median: factor, max: factor },
      atMost: 1.2,
    });
    figure("resident memory", { value: mebibytes(process.memoryUsage().rss) });
    figure("a page of 50", { value: micros(await timed(() => running.auditLog({ limit: 50 }))) });
    await running.close();
    const { size } = await stat(join(state, "audit-log.jsonl"));
    figure("its file", { value: mebibytes(size) });
    let again;
    const load = await timed(async () => {
      again = await startEmulator({ state, auditLogCapacity: capacity });
    });
    figure(`start with ${again.state.entries} entries`, {
      value: millis(load / 1000),
      target: "≤ 2 s",
      passed: load <= 2e6,
    });
    await again.close();
  } finally {
    await rm(state, { recursive: true, force: true });
  }
}

/** Processor time of a request in microseconds, for each part of them; both sides are in this process. */
async function sign(running, count, closes = true) {
  const pool = new Pool(running.origin, { connections: IN_FLIGHT });
  const costs = [];
  try {
    for (let done = 0; done < count; done += PART) {
      const cpu = process.cpuUsage();
      let next = 0;
      const lane = async () => {
        while (next < PART) await signOnce(pool, running, done + next++);
      };
      await Promise.all(Array.from({ length: IN_FLIGHT }, lane));
      const { user, system } = process.cpuUsage(cpu);
      costs.push((user + system) / PART);
    }
  } finally {
    await pool.destroy();
    if (closes) await running.close();
  }
  return costs;
}

async function signOnce(pool, { organizationId, apiToken }, number) {
  const { statusCode, body } = await pool.request({
    method: "POST",
    path: `/Api/v1/${organizationId}/SigningRequests/SignHash`,
    headers: { authorization: `Bearer ${apiToken}`, "content-type": "application/json" },
    body: JSON.stringify({
      projectSlug: "demo",
      signingPolicySlug: "rsa-2048",
      hashSigningData: {
        hash: createHash("sha256").update(String(number)).digest("base64"),
        signatureAlgorithm: "Rsa",
        rsaOptions: { hashAlgorithmName: "Sha256" },
        metadata: { sourceProcess: { commandLine: "npm run bench", user: "bench" } },
      },
    }),
  });
  await body.dump();
  if (statusCode !== 200) throw new Error(`the emulator answered ${statusCode}`);
}

/** Microseconds. */
async function timed(work) {
  const begin = performance.now();
  await work();
  return (performance.now() - begin) * 1000;
}
