import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { useEmulator } from "../../support/emulator.js";
import { temporaryFolder } from "../../support/temporary.js";
import { fill, signpath, submissions } from "../support.js";
import { JOURNAL } from "./support.js";

const emulator = useEmulator();

test("a signature without its timestamp gets that the next time, and is not made again", async () => {
  const cwd = fill(temporaryFolder(), {
    data: "x",
    more: "y",
    "ca.pem": emulator().rootCertificate,
    "issuers.pem": emulator().intermediateCertificate,
  });
  const chosen = ["--policy", "demo/rsa-2048", "--certificates", "issuers.pem", "--keep-unstamped"];
  const args = ["sign", "data", "more", ...chosen, "--journal", JOURNAL];
  const before = submissions(emulator());
  const run = async (url: string): Promise<number | null> =>
    (await signpath([...args, "--timestamp", url], { emulator: emulator(), cwd })).status;
  const signatureOf = (name: string): Buffer => readFileSync(join(cwd, `${name}.p7s`));
  expect(await run("http://127.0.0.1:9")).toBe(5);
  const unstamped = signatureOf("data");
  // As long as there is none, it does not look like success, and nothing is lost.
  expect(await run("http://127.0.0.1:9")).toBe(5);
  expect(signatureOf("data")).toEqual(unstamped);
  expect(await run(emulator().timestampUrl)).toBe(0);
  expect(submissions(emulator()) - before).toBe(2);
  for (const name of ["data", "more"]) {
    const verify = ["verify", name, "--root", "ca.pem", "--require-timestamp"];
    expect(await signpath(verify, { cwd })).toMatchObject({ status: 0 });
  }
  const stamped = signatureOf("data");
  expect(await run(emulator().timestampUrl)).toBe(0);
  expect([signatureOf("data"), submissions(emulator()) - before]).toEqual([stamped, 2]);
});
