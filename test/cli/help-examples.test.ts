import { cpSync, mkdirSync } from "node:fs";
import { expect, test } from "vitest";
import { useEmulator } from "../support/emulator.js";
import { startProxy } from "../support/proxy.js";
import { startRenamingRelay } from "../support/renaming-relay.js";
import { run } from "../support/run.js";
import { temporaryFolder } from "../support/temporary.js";
import { testWith } from "../support/verifiers.js";
import { examplesIn, pathWithSignpath, wholeTree } from "./help-support.js";
import { documents as signableDocuments } from "./sign/support.js";
import { fill, namesIn } from "./support.js";

const emulator = useEmulator();

/** Examples that are not run here, and why. */
const LEFT_OUT: Readonly<Record<string, string>> = {
  "signpath demo                                    # see it work, without an account":
    "it signs 64 MiB: test/cli/demo.test.ts",
  "signpath init                                    # settings, and a job for your CI":
    "it asks on a terminal: test/cli/init-terminal.test.ts",
  "signpath doctor                                  # what is wrong, before a signature is spent?":
    "it lists the policies by their own names: test/cli/doctor",
  "signpath doctor": "it lists the policies by their own names: test/cli/doctor",
  "signpath doctor --timeout 5": "it lists the policies by their own names: test/cli/doctor",
  "signpath demo": "it signs 64 MiB: test/cli/demo.test.ts",
  "signpath demo setup.msi --out demo-output": "it is run with files of one's own in test/cli/demo.test.ts",
  "signpath init  # asks": "it asks on a terminal: test/cli/init-terminal.test.ts",
  "signpath emulator --port 8080 --state .emulator --write-ca ca.pem": "the port may be another program's",
};

const tree = wholeTree();
const helps = [tree, ...tree.commands.filter(({ name }) => name !== "help")];
const examples = [...new Set(helps.flatMap(({ after }) => examplesIn(after)))];

test("each command has examples", () => {
  for (const { name, after } of helps) expect([name, examplesIn(after).length > 0]).toEqual([name, true]);
});

test("each example that is left out is one", () => {
  expect(Object.keys(LEFT_OUT).filter((line) => !examples.includes(line))).toEqual([]);
});

testWith(
  ["openssl", "jq"],
  "the examples in the help can be run, word for word",
  async () => {
    const shell = await prepare();
    const failures = await Promise.all(
      helps.map(async ({ after }) => {
        const inFolder = shell();
        const failed: string[] = [];
        for (const line of examplesIn(after).filter((each) => !(each in LEFT_OUT))) {
          const { status, stdout, stderr } = await inFolder(runnable(line));
          if (status !== 0) failed.push(`${line}\n${status}: ${stdout}${stderr}`);
        }
        return failed;
      }),
    );
    expect(failures.flat()).toEqual([]);
    // What fails is seen to fail.
    const failing = [
      "signpath certificate my-app/other",
      "signpath verify README.md --signature setup.msi.p7s --root root.pem",
    ];
    expect(await Promise.all(failing.map(async (line) => (await shell()(line)).status))).toEqual([1, 6]);
  },
  180_000,
);

/** With what an example needs; an emulator runs until it is stopped, once it has said how it is reached. */
function runnable(line: string): string {
  // Of no other example is it one of the files.
  if (line.includes('"dist/**/*.{exe,dll}"')) return `cp setup.exe dist/ && ${line} && rm dist/setup.exe`;
  if (!/^signpath emulator/.test(line)) return line;
  // What the example before said is not said by this one.
  return `rm -f said; { exec ${line}
  } > said & pid=$!
  while kill -0 $pid && ! grep -qs SIGNPATH_API_URL said; do sleep 0.1; done
  kill $pid; wait $pid`;
}

type Shell = (line: string) => ReturnType<typeof run>;

/** Gives bash in a new folder with all that the examples speak of. */
async function prepare(): Promise<() => Shell> {
  const { apiUrl, environment, rootCertificate, intermediateCertificate } = emulator();
  const relay = await startRenamingRelay(emulator());
  const proxy = await startProxy(() => 200, relay);
  const certificates = rootCertificate + intermediateCertificate;
  const pems = {
    "root.pem": rootCertificate,
    "tsa.pem": rootCertificate,
    "issuers.pem": certificates,
    "ca.pem": certificates,
  };
  const {
    "tool.exe": image = "",
    "app.jar": jar = "",
    "report.pdf": pdf = "",
  } = await signableDocuments(emulator());
  const cwd = fill(temporaryFolder(), {
    "setup.msi": "setup",
    "README.md": "read",
    "report.pdf": pdf,
    "setup.exe": image,
    "app.jar": jar,
    "manual.pdf": pdf,
    "accounts.json": JSON.stringify([{ name: "Example", users: [{ name: "build", submitter: "*" }] }]),
    ...pems,
  });
  mkdirSync(`${cwd}/dist`);
  fill(`${cwd}/dist`, { "a.js": "a", "b.js": "b", "c.zip": "c" });
  const env = {
    ...environment,
    PATH: pathWithSignpath(),
    SIGNPATH_API_URL: apiUrl.replace(/:\d+/, `:${relay}`),
    SIGNPATH_PROJECT_SLUG: "my-app",
    SIGNPATH_SIGNING_POLICY_SLUG: "release",
    SIGNPATH_CERTIFICATES: "issuers.pem",
    HTTP_PROXY: `http://${proxy.host}`,
    HTTPS_PROXY: `http://${proxy.host}`,
  };
  const inFolder =
    (folder: string): Shell =>
    (line) =>
      run("bash", ["-o", "pipefail", "-c", line], { cwd: folder, env: { ...env, HOME: folder } });
  const before = [
    "signpath sign report.pdf --format cms --attached --out report.p7m",
    "signpath sign setup.msi --timestamp http://tsa.example",
  ];
  expect(await inFolder(cwd)(before.join(" && "))).toMatchObject({ status: 0 });
  expect(await inFolder(cwd)("git init -q && git add setup.msi dist")).toMatchObject({ status: 0 });
  expect(namesIn(cwd)).toContain("setup.msi.p7s");
  return () => {
    const folder = temporaryFolder();
    cpSync(cwd, folder, { recursive: true });
    return inFolder(folder);
  };
}
