// The package's figures, each beside the floor that it is measured against: `npm run bench -- --help`.
import os from "node:os";
import { parseArgs } from "node:util";
import { latency } from "./figures/latency.mjs";
import { memory } from "./figures/memory.mjs";
import { requests } from "./figures/requests.mjs";
import { start } from "./figures/start.mjs";
import { stream } from "./figures/stream.mjs";
import { throughput } from "./figures/throughput.mjs";
import { misses } from "./support/report.mjs";
import { startService } from "./support/service.mjs";

const FIGURES = { requests, throughput, stream, latency, start, memory };

const HELP = `npm run bench -- [options]

  --quick         a short run: fewer and shorter rounds, a small file
  --only NAMES    some of the figures: ${Object.keys(FIGURES).join(",")}
  --rounds N      rounds of each figure (9; quick: 5)
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

if (values.help) {
  console.log(HELP);
} else {
  const { quick } = values;
  const settings = {
    rounds: Number(values.rounds ?? (quick ? 5 : 9)),
    roundMs: quick ? 300 : 1000,
    sizeMib: Number(values.size ?? (quick ? 256 : 2048)),
    signatures: quick ? 8000 : 20_000,
  };
  const cpu = os.cpus();
  console.log(
    `Node ${process.versions.node}, ${cpu.length} × ${cpu[0]?.model.trim()}, load ${os.loadavg()[0].toFixed(1)}`,
  );
  const service = await startService();
  for (const name of values.only.split(",")) await FIGURES[name](service, settings);
  service.stop();
  console.log(misses() === 0 ? "\nAll targets are met." : `\n${misses()} of the targets are missed.`);
  if (values.strict && misses() > 0) process.exitCode = 1;
}
