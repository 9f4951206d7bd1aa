import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { writeLarge } from "../support/large-file.mjs";
import { interleave, median, ratio } from "../support/measure.mjs";
import { runModule, runProcess } from "../support/processes.mjs";
import { compared, figure, heading, mebibytes, millis, skipped } from "../support/report.mjs";

const MIB = 2 ** 20;
const MOST_MEMORY = 100 * MIB;

/** A large file: the whole process that signs it, against the whole process of `openssl dgst`. */
export async function stream(service, { longRounds: rounds, sizeMib }) {
  heading(
    `signStream of a file of ${sizeMib} MiB, whole processes, medians of ${rounds} alternating runs`,
    "floor: openssl dgst -sha256 on the same file",
  );
  const folder = await mkdtemp(join(tmpdir(), "signpath-bench-"));
  try {
    const path = join(folder, "large.bin");
    await writeLarge(path, sizeMib * MIB);
    await compare(service, path, rounds);
  } finally {
    await rm(folder, { recursive: true });
  }
}

async function compare(service, path, rounds) {
  const options = service.options("RSA-2048");
  const sign = () => runModule("child-stream.mjs", options, path);
  const runs = { ours: sign, floor: () => runProcess("openssl", ["dgst", "-sha256", path]) };
  const results = await interleave(rounds, runs).catch((error) => {
    if (error.code !== "ENOENT") throw error;
    skipped("time against openssl", "openssl is not installed");
    return interleave(rounds, { ours: sign });
  });
  const times = (series) => series.map(({ ms }) => ms);
  if (results.floor !== undefined) {
    const [ours, floor] = [times(results.ours), times(results.floor)];
    const summary = { value: millis(median(ours)), floor: millis(median(floor)), ratio: ratio(ours, floor) };
    compared("time", summary, { atMost: 1.1 });
  }
  const most = Math.max(...results.ours.map(({ maxRss }) => maxRss));
  figure("peak memory (RSS)", {
    value: mebibytes(most),
    target: `< ${mebibytes(MOST_MEMORY)}`,
    passed: most < MOST_MEMORY,
  });
}
