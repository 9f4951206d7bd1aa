import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startEmulator } from "../../dist/emulator/index.js";
import { writeLarge } from "../support/large-file.mjs";
import { interleave, median, ratio } from "../support/measure.mjs";
import { runModule, runProcess } from "../support/processes.mjs";
import { compared, figure, heading, mebibytes, millis, skipped } from "../support/report.mjs";

const MIB = 2 ** 20;
const MOST_MEMORY = 100 * MIB;
/** pkijs holds the content several times. */
const MOST_FOR_PKIJS = 1024 * MIB;
/** So does openssl attached content, and it stops near 1.5 GiB. */
const MOST_ATTACHED_FOR_OPENSSL = 1024 * MIB;

/** CMS signatures of files of any size: whole processes of this package, of openssl and of pkijs with keys of their own. */
export async function cms(_service, { cmsSizes, cmsRounds: rounds }) {
  const emulator = await startEmulator();
  const folder = await mkdtemp(join(tmpdir(), "signpath-bench-"));
  try {
    const identity = await localIdentity(folder);
    if (identity === undefined) skipped("CMS", "openssl is not installed");
    else for (const size of cmsSizes) await compareSize(emulator, folder, identity, size, rounds);
  } finally {
    await rm(folder, { recursive: true });
    await emulator.close();
  }
}

async function compareSize({ apiUrl, apiToken, organizationId }, folder, identity, size, rounds) {
  const path = join(folder, "content.bin");
  await writeLarge(path, size);
  const name = size < MIB ? `${size / 1024} KiB` : `${size / MIB} MiB`;
  heading(
    `CMS of ${name}, whole processes, medians of ${rounds} alternating runs, peak RSS beside them`,
    "peers sign with a key of their own: openssl cms -sign -binary, pkijs alone; openssl dgst -sha256 signs nothing",
  );
  const options = { apiUrl, apiToken, organizationId, proxy: false };
  const output = join(folder, "output.p7s");
  for (const detached of [true, false]) {
    const runs = {
      ours: () => runModule("child-cms.mjs", options, path, output, detached),
      ...peers(identity, path, output, detached, size),
    };
    report(await interleave(rounds, runs, size < MIB * 256), detached, size);
  }
}

function peers({ pem, certificate, key }, path, output, detached, size) {
  const sign = ["cms", "-sign", "-binary", "-outform", "DER", "-signer", certificate, "-inkey", key];
  const openssl = [...sign, "-in", path, "-out", output, ...(detached ? [] : ["-nodetach", "-stream"])];
  return {
    ...((detached || size <= MOST_ATTACHED_FOR_OPENSSL) && { cms: () => runProcess("openssl", openssl) }),
    ...(detached && { dgst: () => runProcess("openssl", ["dgst", "-sha256", path]) }),
    ...(size <= MOST_FOR_PKIJS && { pkijs: () => runModule("child-pkijs.mjs", pem, path, output, detached) }),
  };
}

const PEERS = { cms: "openssl cms", dgst: "openssl dgst", pkijs: "pkijs alone" };

function report(results, detached, size) {
  const shape = detached ? "detached" : "attached";
  const times = (name) => results[name].map(({ ms }) => ms);
  for (const [name, peer] of Object.entries(PEERS)) {
    if (results[name] === undefined) continue;
    const [ours, theirs] = [times("ours"), times(name)];
    const summary = {
      value: millis(median(ours)),
      floor: millis(median(theirs)),
      ratio: ratio(ours, theirs),
    };
    const isTarget = name === "dgst" && size >= 2048 * MIB;
    compared(`${shape}, time against ${peer}`, summary, isTarget ? { atMost: 1.1 } : {});
  }
  const most = (name) => Math.max(...results[name].map(({ maxRss }) => maxRss));
  const known = Object.keys(PEERS).filter((name) => results[name]?.[0].maxRss !== undefined);
  figure(`${shape}, peak RSS`, {
    value: mebibytes(most("ours")),
    floor: known.map((name) => `${name} ${mebibytes(most(name))}`).join(", "),
    // Attached content passes through in copies, which take the same memory whatever its size.
    ...(detached && { target: `< ${mebibytes(MOST_MEMORY)}`, passed: most("ours") < MOST_MEMORY }),
  });
}

/** A key and a certificate of openssl's making; `undefined` without openssl. */
async function localIdentity(folder) {
  const [key, certificate] = ["key.pem", "certificate.pem"].map((name) => join(folder, name));
  const args = ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=bench", "-days", "2"];
  try {
    await runProcess("openssl", [...args, "-keyout", key, "-out", certificate]);
  } catch (error) {
    if (error.code === "ENOENT") return undefined;
    throw error;
  }
  const pem = `${await readFile(key, "utf8")}${await readFile(certificate, "utf8")}`;
  return { key, certificate, pem };
}
