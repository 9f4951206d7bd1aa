import {
  appendFileSync,
  chmodSync,
  cpSync,
  mkdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { useEmulator } from "../../support/emulator.js";
import type { RunResult } from "../../support/run.js";
import { temporaryFolder } from "../../support/temporary.js";
import { documents } from "../sign/support.js";
import { fill, namesIn, PERMISSIONS_COUNT, signpath, submissions } from "../support.js";
import { JOURNAL, journalText, manyFiles, recordsOf, signing, verifyAll } from "./support.js";

const emulator = useEmulator();

/** How many signatures a run asks for, and what it says. */
async function run(cwd: string, args: readonly string[]): Promise<RunResult & { readonly asked: number }> {
  const before = submissions(emulator());
  const result = await signpath(args, { emulator: emulator(), cwd });
  return { ...result, asked: submissions(emulator()) - before };
}

async function signed(count: number, ...more: readonly string[]): Promise<{ cwd: string; names: string[] }> {
  const cwd = temporaryFolder();
  const names = manyFiles(cwd, count);
  expect(await run(cwd, signing(names, ...more))).toMatchObject({ status: 0, asked: count });
  return { cwd, names };
}

/** Cuts the last lines of a kind off, as if they had never reached the disk. */
function forget(cwd: string, kind: "done"): void {
  const lines = journalText(cwd).split("\n").slice(0, -1);
  while (lines.at(-1)?.includes(`"kind":"${kind}"`)) lines.pop();
  writeFileSync(join(cwd, JOURNAL), lines.map((line) => `${line}\n`).join(""));
}

describe("a batch that is run again", () => {
  test("asks for nothing where all is signed, and asks anew for what changed, is gone or was tampered with", async () => {
    const { cwd, names } = await signed(5);
    const again = await run(cwd, signing(names));
    expect([
      again.status,
      again.asked,
      again.stderr.match(/^skipped file-\d: it was signed before$/gm)?.length,
    ]).toEqual([0, 0, 5]);
    appendFileSync(join(cwd, "file-0"), "more");
    rmSync(join(cwd, "file-1.sig"));
    appendFileSync(join(cwd, "file-2.sig"), "x");
    const { status, stderr, asked } = await run(cwd, signing(names));
    expect([status, asked]).toEqual([0, 3]);
    expect(stderr).toContain("signing file-0 again: it has changed");
    expect(stderr).toContain("signing file-1 again: its signature is gone");
    expect(stderr).toContain("signing file-2 again: its signature is not the one that was written");
    expect(stderr).toContain("skipped file-3");
    await verifyAll(emulator(), cwd, names);
  });

  test("signs again for another certificate, policy, format or option, and says why", async () => {
    const { cwd } = await signed(1);
    const sign = ["sign", "file-0", "--journal", JOURNAL];
    const raw = [...sign, "--format", "raw"];
    for (const [args, why] of [
      [[...raw, "--policy", "demo/rsa-2048", "--padding", "pss"], "the options are others"],
      [[...raw, "--policy", "demo/p-256"], "it was signed with demo/rsa-2048"],
      [[...sign, "--policy", "demo/p-256"], "the options are others"],
    ] as const) {
      const { stderr, asked } = await run(cwd, args);
      expect([asked, stderr]).toEqual([1, expect.stringContaining(`again: ${why}`)]);
      expect(await run(cwd, args)).toMatchObject({ status: 0, asked: 0 });
    }
    await emulator().rotateCertificate("p-256", { newKey: false });
    const { stderr, asked } = await run(cwd, [...sign, "--policy", "demo/p-256"]);
    expect([asked, stderr]).toEqual([1, expect.stringContaining("the policy has another certificate now")]);
  });

  test("knows what it signed in another folder, when all was moved", async () => {
    const { cwd, names } = await signed(2);
    const elsewhere = temporaryFolder();
    cpSync(cwd, elsewhere, { recursive: true });
    expect(await run(elsewhere, signing(names))).toMatchObject({ status: 0, asked: 0 });
  });

  test.each(["raw", "cms"])(
    "takes a %s signature for done that is there and good, though the journal lacks it",
    async (format) => {
      const { cwd, names } = await signed(1, "--format", format);
      forget(cwd, "done");
      const first = await run(cwd, signing(names, "--format", format));
      expect([first.asked, first.stderr]).toEqual([0, expect.stringContaining("its signature is good")]);
      expect(await run(cwd, signing(names, "--format", format))).toMatchObject({ status: 0, asked: 0 });
      forget(cwd, "done");
      writeFileSync(join(cwd, format === "raw" ? "file-0.sig" : "file-0.p7s"), "no signature");
      const second = await run(cwd, signing(names, "--format", format));
      expect([second.asked, second.stderr]).toEqual([
        1,
        expect.stringContaining("1 file may have been signed twice"),
      ]);
    },
  );

  test("does not take an older signature for the one that was on its way", async () => {
    const { cwd, names } = await signed(1);
    const options = signing(names, "--padding", "pss");
    const older = readFileSync(join(cwd, "file-0.sig"));
    expect(await run(cwd, options)).toMatchObject({ asked: 1 });
    forget(cwd, "done");
    writeFileSync(join(cwd, "file-0.sig"), older);
    expect(await run(cwd, options)).toMatchObject({ status: 0, asked: 1 });
  });

  test.each(["order.xml", "tool.exe", "app.jar", "report.pdf"])(
    "knows %s, which was signed in place, also where it was killed before it could note that",
    async (name) => {
      const content = (await documents(emulator()))[name] ?? "";
      const cwd = fill(temporaryFolder(), { [name]: content });
      const format = name === "order.xml" ? ["--format", "xml"] : [];
      const options = [...format, "--in-place", "--policy", "demo/rsa-2048", "--journal", JOURNAL];
      const args = ["sign", name, ...options];
      expect(await run(cwd, args)).toMatchObject({ status: 0, asked: 1 });
      const made = readFileSync(join(cwd, name));
      // As if it had been killed when the file had just been replaced.
      forget(cwd, "done");
      expect(recordsOf(cwd).at(-1)).toMatchObject({ kind: "made" });
      expect(made.equals(Buffer.from(content))).toBe(false);
      expect(await run(cwd, args)).toMatchObject({ status: 0, asked: 0 });
      expect(readFileSync(join(cwd, name)).equals(made)).toBe(true);
      if (name !== "order.xml") return;
      fill(cwd, { [name]: "<a><c/></a>" });
      expect(await run(cwd, args)).toMatchObject({ status: 0, asked: 1 });
    },
  );
});

describe("--resume", () => {
  test("alone signs what the journal's batch was, with its options", async () => {
    const { cwd, names } = await signed(3, "--hash", "sha384");
    rmSync(join(cwd, "file-1.sig"));
    const { status, asked, stderr } = await run(cwd, [
      "sign",
      "--resume",
      "--journal",
      JOURNAL,
      "--jobs",
      "2",
    ]);
    expect([status, asked, stderr.match(/^skipped/gm)?.length]).toEqual([0, 1, 2]);
    expect(emulator().signingRequests.at(-1)?.hash).toHaveLength(96);
    expect(namesIn(cwd)).toEqual([...names, ...names.map((name) => `${name}.sig`), JOURNAL].sort());
  });

  test("takes .signpath-journal where no journal is named", async () => {
    const cwd = fill(temporaryFolder(), { data: "x" });
    const args = ["sign", "data", "--policy", "demo/p-256", "--journal", ".signpath-journal"];
    expect(await run(cwd, args)).toMatchObject({ status: 0, asked: 1 });
    const { status, asked, stderr } = await run(cwd, ["sign", "--resume"]);
    expect([status, asked, stderr]).toEqual([0, 0, expect.stringContaining("skipped data")]);
  });

  test("never takes settings from the journal", async () => {
    const cwd = fill(temporaryFolder(), { data: "x", "evil.json": `{"ApiUrl":"http://127.0.0.1:9/Api"}` });
    const args = ["sign", "data", "--policy", "demo/p-256", "--journal", JOURNAL, "--config", "evil.json"];
    await run(cwd, args);
    expect(journalText(cwd)).not.toContain("evil");
  });

  test.each([
    [["sign", "--resume"], "there is nothing to resume: .signpath-journal does not exist"],
    [
      ["sign", "data", "--resume", "--journal", "nowhere"],
      "there is nothing to resume: nowhere does not exist",
    ],
    [["sign", "--journal", "j"], "there is nothing to sign"],
    [["sign", "-", "--out", "x", "--journal", "j"], "stdin cannot be in a journal"],
    [["sign", "data", "--out", "-", "--journal", "j"], "--out - cannot be in a journal"],
    [["sign", "data", "--journal", "data"], "data is the journal"],
    [["sign", "other", "--journal", "data"], "data is no"],
    [["sign", "other", "--journal", "folder"], "must be a regular file"],
  ])("%j is refused", async (args, message) => {
    const cwd = fill(temporaryFolder(), { data: "x", other: "x" });
    chmodSync(join(cwd, "data"), 0o600);
    mkdirSync(join(cwd, "folder"));
    const { status, stderr, asked } = await run(cwd, [...args, "--policy", "demo/p-256"]);
    expect([status, asked, stderr]).toEqual([1, 0, expect.stringContaining(message)]);
    expect(readFileSync(join(cwd, "data"), "utf8")).toBe("x");
  });

  test("from another folder is refused, and says which one it was", async () => {
    const { cwd } = await signed(1);
    mkdirSync(join(cwd, "below"));
    const { status, stderr } = await run(join(cwd, "below"), [
      "sign",
      "--resume",
      "--journal",
      `../${JOURNAL}`,
    ]);
    expect([status, stderr]).toEqual([1, expect.stringContaining(`was begun in ${cwd}`)]);
  });
});

describe("the journal", () => {
  test("is the user's alone, holds no secret, and names files relative to itself", async () => {
    const { cwd } = await signed(1);
    expect(statSync(join(cwd, JOURNAL)).mode & 0o777).toBe(0o600);
    expect(journalText(cwd)).not.toContain(emulator().apiToken);
    expect(journalText(cwd)).not.toContain(cwd);
    expect(recordsOf(cwd).map(({ kind }) => kind)).toEqual(["journal", "batch", "begun", "done"]);
  });

  test.runIf(PERMISSIONS_COUNT)("that others may write or read is not believed", async () => {
    const { cwd, names } = await signed(1);
    chmodSync(join(cwd, JOURNAL), 0o644);
    const { status, stderr, asked } = await run(cwd, signing(names));
    expect([status, asked, stderr]).toEqual([1, 0, expect.stringContaining("is not closed to other users")]);
  });

  test("is not signed itself by a walk through its folder", async () => {
    const cwd = fill(temporaryFolder(), { data: "x" });
    const args = ["sign", ".", "--recursive", "--policy", "demo/p-256", "--journal", JOURNAL];
    expect(await run(cwd, args)).toMatchObject({ status: 0, asked: 1 });
    expect(await run(cwd, args)).toMatchObject({ status: 0, asked: 0 });
    expect(namesIn(cwd)).toEqual(["data", "data.p7s", JOURNAL]);
  });
});
