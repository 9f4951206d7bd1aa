import { mkdirSync, readFileSync, symlinkSync, unlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, describe, expect, test } from "vitest";
import { expandInputs } from "../../../src/cli/sign/inputs/expand.js";
import { useEmulator } from "../../support/emulator.js";
import { eventsOf, failureCodes, fill, namesIn, PERMISSIONS_COUNT, signpath } from "../support.js";
import { sha256, signIn, treeOf } from "./support.js";

const emulator = useEmulator();
let cwd = "";

beforeEach(() => {
  cwd = treeOf({
    "dist/a.js": "a",
    "dist/b.js": "b",
    "dist/b.map": "map",
    "dist/lib/c.js": "c",
    "dist/lib/deep/d.js": "d",
    "dist/old.p7s": "made before",
    "dist/.hidden": "hidden",
    "dist/.git/config": "hidden",
    "[x].txt": "brackets",
    "x.txt": "x",
  });
  symlinkSync("..", join(cwd, "dist", "loop"), "dir");
  symlinkSync("a.js", join(cwd, "dist", "link.js"));
});

/** What was signed by a command, by name: which one of two is done first is not said. */
async function signed(
  args: readonly string[],
  more: Parameters<typeof signIn>[3] = {},
): Promise<{ files: unknown[]; outputs: unknown[]; status: number | null; stderr: string; left: unknown }> {
  const before = emulator().signingRequests.length;
  const flags = ["--json", "--format", "raw"];
  const result = await signIn(emulator(), cwd, [...args, ...flags], more);
  const events = eventsOf(result).filter(({ event }) => event === "signed");
  const hashes = emulator()
    .signingRequests.slice(before)
    .map(({ hash }) => hash);
  const files = events.map(({ file }) => file).sort();
  // The very content of each of them has been signed.
  expect(hashes.sort()).toEqual(files.map((file) => sha256(readFileSync(join(cwd, String(file))))).sort());
  const left = eventsOf(result).find(({ event }) => event === "warning")?.["message"];
  const outputs = events.map(({ output }) => output).sort();
  return { files, outputs, status: result.status, stderr: result.stderr, left };
}

test("a directory with --recursive: each file in it in their order, but for links to directories, hidden ones and what signing has made", async () => {
  const { files, status, left } = await signed(["dist", "--recursive"]);
  const all = ["dist/a.js", "dist/b.js", "dist/b.map", "dist/lib/c.js", "dist/lib/deep/d.js", "dist/link.js"];
  expect([status, files]).toEqual([0, all]);
  expect(left).toMatch(/1 that signing has made .* and 2 hidden/);
  expect((await signed(["dist", "--recursive"])).files).toEqual(all);
});

test.runIf(process.platform === "linux")(
  "a name that is not UTF-8 is told of, also where another file has the name that Node makes of it",
  async () => {
    writeFileSync(Buffer.concat([Buffer.from(join(cwd, "dist", "lib", "/")), Buffer.of(0xff)]), "one");
    writeFileSync(join(cwd, "dist", "lib", "\ufffd"), "another");
    const { status, stdout } = await signIn(emulator(), cwd, [
      "dist",
      "--recursive",
      "--json",
      "--format",
      "raw",
    ]);
    expect([status, failureCodes({ stdout })]).toEqual([3, ["INPUT_UNREADABLE"]]);
    expect(stdout).toContain("its name is not UTF-8");
    const { files } = await signed(["dist", "--recursive", "--exclude", "\ufffd"]);
    expect(files).toContain("dist/lib/c.js");
    unlinkSync(Buffer.concat([Buffer.from(join(cwd, "dist", "lib", "/")), Buffer.of(0xff)]));
    expect((await signed(["dist", "--recursive"])).files).toContain("dist/lib/\ufffd");
  },
);

test("the order is that of the names given, and in a directory that of the names found", async () => {
  const names = ["x.txt", "dist", "[x].txt", "dist/b*"].map((name) => join(cwd, name));
  const { files } = await expandInputs(names, { recursive: true }, new AbortController().signal);
  const tree = ["a.js", "b.js", "b.map", "lib/c.js", "lib/deep/d.js", "link.js"];
  const expected = ["x.txt", ...tree.map((name) => `dist/${name}`), "[x].txt", "dist/b.js", "dist/b.map"];
  expect(files.map(({ file }) => file)).toEqual(expected.map((name) => join(cwd, name)));
});

test("a directory without --recursive is refused, and the option named", async () => {
  const { files, status, stderr } = await signed(["dist", "x.txt"]);
  expect([status, files]).toEqual([3, ["x.txt"]]);
  expect(stderr).toMatch(/dist cannot be read: it is a directory .*\n {2}--recursive signs the files in it/);
});

test.each([
  ["dist/*.js", ["dist/a.js", "dist/b.js", "dist/link.js"]],
  ["dist/**/*.js", ["dist/a.js", "dist/b.js", "dist/lib/c.js", "dist/lib/deep/d.js", "dist/link.js"]],
  ["**/{c,d}.js", ["dist/lib/c.js", "dist/lib/deep/d.js"]],
  ["./dist/*/*.js", ["dist/lib/c.js"]],
  ["dist/[ab].js", ["dist/a.js", "dist/b.js"]],
  ["*/*.p7s", ["dist/old.p7s"]],
  ["dist/.h*", ["dist/.hidden"]],
  ["[x].txt", ["[x].txt"]],
  ["[xy].tx?", ["x.txt"]],
])("the pattern %s, which no shell has expanded", async (pattern, expected) => {
  const { files, status, left } = await signed([pattern]);
  expect([status, files.map((file) => String(file).replace(/^\.\//, "")), left]).toEqual([
    0,
    expected,
    undefined,
  ]);
});

test("a pattern with --recursive means directories as well, and --exclude names and paths", async () => {
  const { files } = await signed(["dist/l*", "--recursive", "--exclude", "deep"]);
  expect(files).toEqual(["dist/lib/c.js", "dist/link.js"]);
  const more = await signed([
    "dist",
    "--recursive",
    "--exclude",
    "*.map",
    "--exclude",
    "dist/lib/**",
    "--exclude",
    "link.js",
  ]);
  expect(more.files).toEqual(["dist/a.js", "dist/b.js"]);
  const named = await signed(["x.txt", "dist/a.js", "--exclude", "x.*"]);
  expect(named.files).toEqual(["dist/a.js"]);
});

test("names from a list, from stdin or a file: CRLF, empty lines, a mark at the beginning, no line break at the end", async () => {
  const list = "\ufeffdist/a.js\r\n\r\n[x].txt\r\n\ndist/b.js";
  const expected = ["[x].txt", "dist/a.js", "dist/b.js"];
  expect((await signed(["--files-from", "-"], { input: list })).files).toEqual(expected);
  writeFileSync(join(cwd, "list"), list);
  expect((await signed(["x.txt", "--files-from", "list"])).files).toEqual([...expected, "x.txt"]);
});

test("names from a list with --null have line breaks, and stand for themselves", async () => {
  fill(cwd, { "two\nlines": "1", "*.js": "2", "-": "3" });
  const input = "two\nlines\0*.js\0./-\0";
  expect((await signed(["--files-from", "-", "--null"], { input })).files).toEqual([
    "*.js",
    "./-",
    "two\nlines",
  ]);
});

test("a file that is named in several ways is signed once", async () => {
  symlinkSync("dist", join(cwd, "alias"), "dir");
  const args = ["dist/a.js", "./dist/a.js", "dist/lib/../a.js", "alias/a.js", "dist/a*", "x.txt"];
  expect((await signed(args)).files).toEqual(["dist/a.js", "x.txt"]);
});

describe("results below --out", () => {
  test("keep the paths of a tree, and a result is no input the next time", async () => {
    const { outputs } = await signed([
      "dist",
      "--recursive",
      "--out",
      "dist/signatures/",
      "--exclude",
      "*.map",
    ]);
    expect(outputs).toEqual(
      ["a.js", "b.js", "lib/c.js", "lib/deep/d.js", "link.js"].map((name) =>
        join("dist/signatures", `${name}.sig`),
      ),
    );
    expect(namesIn(join(cwd, "dist", "signatures", "lib", "deep"))).toEqual(["d.js.sig"]);
    writeFileSync(join(cwd, "dist/signatures/other"), "x");
    expect((await signed(["dist", "--recursive", "--out", "dist/signatures/"])).files).not.toContain(
      "dist/signatures/other",
    );
  });

  test("keep the paths of all files from --base-dir on, where names alone would collide", async () => {
    fill(join(cwd, "other"), { "a.js": "other" });
    const collision = await signed(["dist/a.js", "other/a.js", "--out", "out/"]);
    expect([collision.status, collision.files]).toEqual([1, []]);
    expect(collision.stderr).toMatch(/would both be out\/a\.js\.sig\n {2}With --base-dir/);
    const { outputs } = await signed(["dist/a.js", "other/a.js", "--out", "out/", "--base-dir", "."]);
    expect(outputs).toEqual(["out/dist/a.js.sig", "out/other/a.js.sig"]);
    const outside = await signed(["dist/a.js", "x.txt", "--out", "out/", "--base-dir", "dist"]);
    expect([outside.status, outside.stderr]).toEqual([
      1,
      expect.stringContaining("x.txt is not below --base-dir dist"),
    ]);
  });
});

test.each([
  [["nothing/*.exe"], "no file matches nothing/*.exe"],
  [["dist/*.exe", "x.txt"], "no file matches dist/*.exe"],
  [["[yz].tx?"], "no file matches [yz].tx?"],
  [["[x].tx[t]", "dist/a.js", "--exclude", "*.txt"], "no file matches [x].tx[t] that --exclude leaves"],
  [["dist", "--recursive", "--exclude", "*"], "there is no file to sign: --exclude leaves none"],
  [["--files-from", "gone"], "--files-from gone cannot be read: it does not exist"],
  [["--files-from", "empty"], "--files-from empty names no file"],
  [["--files-from", "nul"], "add --null"],
  [["--files-from", "/dev/zero"], "it is longer than 256 MiB"],
  [["--files-from", "binary"], "is not text in UTF-8"],
  [["-", "--files-from", "-", "--out", "x"], "stdin is the list of files"],
  [["x.txt", "--null"], "add --files-from FILE"],
  [["x.txt", "--base-dir", "."], "add --out DIRECTORY/"],
  [["x.txt", "--out", "y", "--base-dir", "."], "--out y is none"],
  [["x.txt", "--in-place", "--format", "cms"], "that of x.txt is made beside it (--format cms)"],
  [["x.txt", "--in-place", "--out", "y"], "--in-place and --out say two different things"],
  [["-", "--format", "pdf", "--out", "y"], "stdin can be signed as cms, raw or jws"],
  [["tool.exe"], "the signature goes into tool.exe (--format authenticode): where shall the signed file be?"],
  [["tool.exe", "--out", "tool.exe"], "would replace tool.exe"],
  [["tool.exe", "--out", "-"], "--format authenticode writes no stdout"],
  [
    ["tool.exe", "x.txt", "--out", "o/", "--attached"],
    "--attached is for --format cms, jws: tool.exe becomes a Windows",
  ],
  [["tool.exe", "--in-place", "--padding", "pss"], "--padding pss is for --format cms"],
  [["x.txt", "--reason", "because"], "--reason is for --format pdf: x.txt becomes a CMS signature"],
  [
    ["x.txt", "--format", "xml", "--in-place", "--timestamp", "http://tsa.example"],
    "--timestamp is for --format cms",
  ],
])("%j exits with 1 before anything is sent or written", async (args, message) => {
  fill(cwd, { "tool.exe": "MZ", empty: "", nul: "a\0b\0", binary: Buffer.of(0xff, 0xfe, 0x80) });
  const [before, names] = [emulator().requests.length, namesIn(cwd)];
  const { status, stderr } = await signIn(emulator(), cwd, args);
  expect([status, stderr]).toEqual([1, expect.stringContaining(message)]);
  expect(stderr).toContain("USAGE");
  expect(emulator().requests.length).toBe(before);
  expect(namesIn(cwd).filter((name) => name !== "o")).toEqual(names);
});

test("a missing file whose name could be a pattern fails alone, like any other", async () => {
  const missing = ["report[1].pdf", "{a,b}.dll", "nowhere/copy (2).txt", "plain.txt"];
  const args = [...missing, "x.txt", "dist/[ab].js", "--exclude", "*.map", "--out", "out/", "--json"];
  const result = await signIn(emulator(), cwd, args);
  expect(result.status).toBe(3);
  const failed = eventsOf(result).filter(({ event }) => event === "failed");
  expect(failed.map(({ file, error }) => [file, error])).toEqual(
    missing.map((file) => [
      file,
      expect.objectContaining({
        code: "INPUT_UNREADABLE",
        message: `${file} cannot be read: it does not exist (ENOENT)`,
      }),
    ]),
  );
  const signed = eventsOf(result).filter(({ event }) => event === "signed");
  expect(signed.map(({ file }) => file).toSorted()).toEqual(["dist/a.js", "dist/b.js", "x.txt"]);
});

test("a file that is not what its name says exits with 3, and the others are signed", async () => {
  fill(cwd, { "bad.exe": "text", "bad.pdf": "text", "bad.jar": "text", "cut.exe": "MZ" });
  const before = emulator().signingRequests.length;
  const args = ["bad.exe", "bad.pdf", "bad.jar", "cut.exe", "x.txt", "--out", "out/", "--json"];
  const result = await signIn(emulator(), cwd, args);
  expect(result.status).toBe(3);
  const failures = eventsOf(result).filter(({ event }) => event === "failed");
  expect(failures.map(({ error }) => (error as { code: string }).code)).toEqual(
    Array(4).fill("INPUT_UNSUITABLE"),
  );
  for (const text of ["bad.exe cannot be signed as authenticode: it does not begin with MZ", "no PDF file"])
    expect(result.stderr).toContain(text);
  expect(emulator().signingRequests.length - before).toBe(1);
  expect(namesIn(join(cwd, "out"))).toEqual(["x.txt.p7s"]);
});

test.runIf(PERMISSIONS_COUNT)(
  "a directory below that cannot be read is an error, not a smaller result",
  async () => {
    mkdirSync(join(cwd, "dist", "secret"), { mode: 0 });
    const args = ["sign", "dist", "--recursive", "--policy", "demo/p-256"];
    const { status, stderr } = await signpath(args, { emulator: emulator(), cwd, unprivileged: true });
    expect([status, stderr]).toEqual([
      3,
      expect.stringContaining("dist/secret cannot be read: permission denied"),
    ]);
    expect(namesIn(join(cwd, "dist"))).not.toContain("a.js.p7s");
  },
);

test("10 000 files in a tree are found in their order, each once", async () => {
  const tree: Record<string, string> = {};
  for (let index = 0; index < 10_000; index++)
    tree[`${String(index % 100).padStart(2, "0")}-${index}.txt`] = "";
  for (let folder = 0; folder < 100; folder++) {
    const prefix = String(folder).padStart(2, "0");
    const own = Object.keys(tree).filter((name) => name.startsWith(`${prefix}-`));
    fill(join(cwd, "many", prefix), Object.fromEntries(own.map((name) => [name, ""])));
  }
  // A policy that is not there: all is planned, and nothing signed.
  const before = emulator().signingRequests.length;
  const result = await signIn(emulator(), cwd, ["many", "many/**", "--recursive", "--json"], {
    policy: "none",
  });
  expect([result.status, emulator().signingRequests.length]).toEqual([1, before]);
  expect(eventsOf(result).at(-1)).toMatchObject({ event: "summary", notTried: 10_000 });
});
