import { existsSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { interleave, median } from "../support/measure.mjs";
import { runModule, runProcess } from "../support/processes.mjs";
import { figure, heading, millis, skipped } from "../support/report.mjs";
import { MESSAGE } from "../support/service.mjs";

const CLI = fileURLToPath(new URL("../../dist/bin/main.js", import.meta.url));

/** What starting costs: the import of the entry, and the first signature of a new process. */
export async function start(service, { longRounds: rounds }) {
  heading(`Start, whole processes, medians of ${rounds} alternating runs`, "floor: Node with nothing to do");
  const modules = await interleave(rounds, {
    ours: () => runModule("child-import.mjs"),
    floor: () => runModule("child-empty.mjs"),
  });
  over("import of the entry, over an empty module", modules, 25);
  if (existsSync(CLI)) await firstSignature(service, rounds);
  else skipped("first signature by the command line", "dist/bin/main.js is not there");
}

async function firstSignature(service, rounds) {
  const folder = await mkdtemp(join(tmpdir(), "signpath-bench-"));
  try {
    const [file, out] = [join(folder, "small.bin"), join(folder, "small.sig")];
    await writeFile(file, MESSAGE);
    const { apiUrl, organizationId, apiToken, projectSlug, signingPolicySlug } = service.options("RSA-2048");
    const env = {
      ...process.env,
      SIGNPATH_API_URL: apiUrl,
      SIGNPATH_ORGANIZATION_ID: organizationId,
      SIGNPATH_API_TOKEN: apiToken,
      SIGNPATH_PROJECT_SLUG: projectSlug,
      SIGNPATH_SIGNING_POLICY_SLUG: signingPolicySlug,
    };
    const args = [CLI, "sign", file, "--format", "raw", "--out", out];
    const results = await interleave(rounds, {
      async ours() {
        const result = await runProcess(process.execPath, args, env);
        await rm(out);
        return result;
      },
      floor: () => runProcess(process.execPath, ["-e", "0"]),
    });
    const [major] = process.versions.node.split(".");
    over("first signature: signpath sign --format raw", results, Number(major) >= 22 ? 60 : 150);
  } finally {
    await rm(folder, { recursive: true });
  }
}

function over(name, { ours, floor }, target) {
  const extra = median(ours.map(({ ms }, round) => ms - floor[round].ms));
  figure(name, {
    value: millis(median(ours.map(({ ms }) => ms))),
    floor: millis(median(floor.map(({ ms }) => ms))),
    ratio: `+ ${millis(extra)}`,
    target: `≤ + ${target} ms`,
    passed: extra <= target,
  });
}
