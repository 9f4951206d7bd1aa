// The run of a night: `npm run fuzz`, more than a million inputs, and twenty times as many as usual for the properties of all
// other tests. FUZZ_RUNS, FUZZ_TIMES and FUZZ_SEED change how many and which.
import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const report = mkdtempSync(join(tmpdir(), "signpath-fuzz-"));
const seed = process.env.FUZZ_SEED ?? String(Date.now() % 2 ** 31);
const env = { FUZZ_RUNS: "1100000", FUZZ_TIMES: "20", ...process.env, FUZZ_SEED: seed, FUZZ_REPORT: report };
const begin = performance.now();
process.stdout.write(`fuzz: seed ${seed}\n`);
// Those that are named, or all.
const named = process.argv.slice(2);
const others = readdirSync("test", { recursive: true })
  .map((name) => join("test", name))
  .filter((path) => path.endsWith(".test.ts") && readFileSync(path, "utf8").includes("/properties.js"));
const { status } = spawnSync(
  process.execPath,
  [
    "node_modules/vitest/vitest.mjs",
    "run",
    "--testTimeout=3600000",
    "test/fuzz",
    ...(named.length > 0 ? named : others),
  ],
  { env, stdio: "inherit" },
);
const counts = readdirSync(report).map((name) => JSON.parse(readFileSync(join(report, name), "utf8")));
rmSync(report, { recursive: true });
for (const { subject, count } of counts)
  process.stdout.write(`fuzz: ${String(count).padStart(9)}  ${subject}\n`);
const total = counts.reduce((sum, { count }) => sum + count, 0);
process.stdout.write(
  `fuzz: ${String(total).padStart(9)}  in all, seed ${seed}, ${Math.round((performance.now() - begin) / 1000)} s\n`,
);
process.exitCode = status ?? 1;
// Where all subjects were to run, a total that falls short is one that ended early or was left out.
const asked = Number(env.FUZZ_RUNS);
if (process.argv.length === 2 && !(total >= asked)) {
  process.stdout.write(`fuzz: ${asked} were to be tried\n`);
  process.exitCode ||= 1;
}
