import { spawn } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { figure, heading, mebibytes, perSecond, skipped } from "../support/report.mjs";
import { MESSAGE } from "../support/service.mjs";

const MAIN = fileURLToPath(new URL("../../dist/bin/main.js", import.meta.url));
const LATENCY_MS = 20;
const DEFAULT_JOBS = 16;
/** By then all code is loaded and compiled, and what is kept for each file is still little. */
const EARLY_FILES = 1000;
const JOBS = [4, DEFAULT_JOBS, 32, 64];

/** Batches of the command line, against what the server's time and the number of files at the same time allow. */
export async function batch(service, { batchFiles }) {
  heading(
    `signpath sign, ${batchFiles} files of 10 KiB, raw RSA-2048, on a server that takes ${LATENCY_MS} ms`,
    "floor: jobs / the time that the service took; the first signature to the last",
  );
  const folder = mkdtempSync(join(tmpdir(), "signpath-bench-"));
  try {
    // All of them alike, so that the service need not sign.
    const content = Buffer.alloc(10 * 1024, MESSAGE);
    const names = Array.from({ length: batchFiles }, (_, index) => `file-${index}`);
    for (const name of names) writeFileSync(join(folder, name), content);
    writeFileSync(join(folder, "names"), `${names.join("\n")}\n`);
    for (const journal of [[], ["--journal", "journal"]]) {
      for (const jobs of JOBS) await measure(service, folder, jobs, journal);
    }
  } finally {
    await service.setLatency(0);
    rmSync(folder, { recursive: true, force: true });
  }
}

async function measure(service, folder, jobs, journal) {
  for (const name of readdirSync(folder)) {
    if (name.endsWith(".sig") || name === "journal") rmSync(join(folder, name));
  }
  await service.setLatency(LATENCY_MS);
  const name = `--jobs ${jobs}${journal.length > 0 ? ", with a journal" : ""}`;
  const { status, rate, rssEarly, rssLate } = await run(service, folder, jobs, journal);
  const { delayed, delayedMs } = await service.seen();
  if (status !== 0) {
    skipped(name, `exit code ${status}`);
    return;
  }
  const possible = (jobs * 1000) / (delayedMs / delayed);
  const ratio = rate / possible;
  const isDefault = jobs === DEFAULT_JOBS;
  figure(name, {
    value: perSecond(rate),
    floor: perSecond(possible),
    ratio: ratio.toFixed(2),
    ...(isDefault && { target: "≥ 0.8", passed: ratio >= 0.8 }),
  });
  const growth = rssLate / rssEarly;
  figure(`  resident memory at the end, after ${EARLY_FILES}`, {
    value: mebibytes(rssLate),
    floor: mebibytes(rssEarly),
    ratio: growth.toFixed(2),
    ...(isDefault && { target: "≤ 1.3", passed: growth <= 1.3 }),
  });
}

/** The rate between the first signature and the last, and the memory of the process that signs. */
async function run(service, folder, jobs, journal) {
  const { apiUrl, organizationId, apiToken, projectSlug, signingPolicySlug } = service.options("RSA-2048");
  const args = [
    "sign",
    "--files-from",
    "names",
    "--format",
    "raw",
    "--jobs",
    String(jobs),
    "--json",
    ...journal,
  ];
  const child = spawn(process.execPath, [MAIN, ...args], {
    cwd: folder,
    stdio: ["ignore", "pipe", "ignore"],
    env: {
      PATH: process.env.PATH,
      SIGNPATH_API_URL: apiUrl,
      SIGNPATH_ORGANIZATION_ID: organizationId,
      SIGNPATH_API_TOKEN: apiToken,
      SIGNPATH_PROJECT_SLUG: projectSlug,
      SIGNPATH_SIGNING_POLICY_SLUG: signingPolicySlug,
    },
  });
  let [done, first, last, rssEarly, rssLate] = [0, 0, 0, 0, 0];
  child.stdout.on("data", (chunk) => {
    const count = chunk.toString().split('"event":"signed"').length - 1;
    if (count === 0) return;
    if (done === 0) first = performance.now();
    last = performance.now();
    done += count;
    if (done >= EARLY_FILES && rssEarly === 0) rssEarly = rssOf(child.pid, folder, journal);
  });
  const ended = new Promise((resolve) => child.on("close", resolve));
  let isOver = false;
  void ended.then(() => {
    isOver = true;
  });
  while (!isOver) {
    if (done >= EARLY_FILES) rssLate = rssOf(child.pid, folder, journal) || rssLate;
    await Promise.race([delay(100), ended]);
  }
  const status = await ended;
  return { status, rate: ((done - 1) * 1000) / (last - first), rssEarly, rssLate };
}

/** Of the process that signs: the journal's lock names it. Linux alone tells. */
function rssOf(pid, folder, journal) {
  try {
    const lock = join(folder, "journal.lock");
    const signing =
      journal.length === 0 ? pid : JSON.parse(readFileSync(join(lock, readdirSync(lock)[0]), "utf8")).pid;
    return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${signing}/status`, "utf8"))[1]) * 1024;
  } catch {
    return 0;
  }
}
