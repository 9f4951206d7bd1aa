// The package's figures, each beside the floor that it is measured against: `npm run bench -- --help`.
import os from "node:os";
import { parseArgs } from "node:util";
import { batch } from "./figures/batch.mjs";
import { cms } from "./figures/cms.mjs";
import { emulator } from "./figures/emulator.mjs";
import { latency } from "./figures/latency.mjs";
import { queue } from "./figures/queue.mjs";
import { requests } from "./figures/requests.mjs";
import { scale } from "./figures/scale.mjs";
import { sharing } from "./figures/sharing.mjs";
import { slow } from "./figures/slow.mjs";
import { start } from "./figures/start.mjs";
import { stream } from "./figures/stream.mjs";
import { throughput } from "./figures/throughput.mjs";
import { summarize } from "./support/report.mjs";
import { startService } from "./support/service.mjs";

const FIGURES = {
  requests,
  throughput,
  latency,
  slow,
  scale,
  queue,
  sharing,
  stream,
  cms,
  batch,
  start,
  emulator,
};

const HELP = `npm run bench -- [options]

  --quick         a short run: fewer and shorter rounds, a small file
  --only NAMES    some of the figures: ${Object.keys(FIGURES).join(",")}
  --rounds N      rounds of each figure (31, long ones 9; quick: 7 and 3)
  --size MIB      size of the large file (2048; quick: 256)
  --strict        exit with 1 where a target is missed`;

const { values } = parseArgs({
  options: {
    quick: { type: "boolean", default: false },
    only: { type: "string", default: Object.keys(FIGURES).join(",") },
    rounds: { type: "string" },
    size: { type: "string" },
    strict: { type: "boolean", default: false },
    help: { type: "boolean", default: false },
  },
});

const names = values.only.split(",");
const unknown = names.filter((name) => !Object.hasOwn(FIGURES, name));

if (values.help) {
  console.log(HELP);
} else if (unknown.length > 0) {
  console.error(`There is no figure ${unknown.join(", ")}.\n\n${HELP}`);
  process.exitCode = 1;
} else {
  const { quick } = values;
  const settings = {
    rounds: Number(values.rounds ?? (quick ? 7 : 31)),
    longRounds: Number(values.rounds ?? (quick ? 3 : 9)),
    roundMs: 300,
    sizeMib: Number(values.size ?? (quick ? 256 : 2048)),
    cmsSizes: [2 ** 10, 2 ** 26, ...(quick ? [] : [2 ** 30, 2 ** 32])],
    cmsRounds: Number(values.rounds ?? (quick ? 3 : 5)),
    batchFiles: quick ? 2000 : 10_000,
    signatures: quick ? 20_000 : 100_000,
    emulatorRequests: quick ? 30_000 : 120_000,
    sharingMs: quick ? 6000 : 12_000,
  };
  const cpu = os.cpus();
  console.log(
    `Node ${process.versions.node}, ${cpu.length} × ${cpu[0]?.model.trim()}, load ${os.loadavg()[0].toFixed(1)}`,
  );
  const service = await startService();
  for (const name of names) await FIGURES[name](service, settings);
  service.stop();
  const isMet = summarize();
  if (values.strict && !isMet) process.exitCode = 1;
}
