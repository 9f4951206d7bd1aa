import {
  chmodSync,
  existsSync,
  linkSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { useEmulator } from "../../support/emulator.js";
import { temporaryFolder } from "../../support/temporary.js";
import { eventsOf, fill, namesIn, requestArrives, start, submissions } from "../support.js";
import { documents, signIn } from "./support.js";

const emulator = useEmulator();

/** What somebody else does to a file while its signature is made, and whether that would be lost. */
const CHANGES: Readonly<Record<string, { readonly lost: boolean; readonly change: (path: string) => void }>> =
  {
    "tool.exe": { lost: true, change: (path) => writeFileSync(path, reversed(path)) },
    "mode.exe": { lost: true, change: (path) => chmodSync(path, 0o700) },
    "named.exe": { lost: false, change: (path) => linkSync(path, `${path}.link`) },
    "report.pdf": { lost: true, change: replaceAlike },
    "app.jar": { lost: true, change: replaceAlike },
    "gone.xml": { lost: true, change: (path) => rmSync(path) },
    "order.xml": { lost: true, change: (path) => writeFileSync(path, "<order/>") },
    "other.xml": { lost: false, change: (path) => readFileSync(path) },
  };

/** Of the same length. */
function reversed(path: string): Buffer {
  return readFileSync(path).reverse();
}

/** By another file, of the same length and the same time. */
function replaceAlike(path: string): void {
  const { atime, mtime } = statSync(path);
  writeFileSync(`${path}.new`, reversed(path));
  utimesSync(`${path}.new`, atime, mtime);
  renameSync(`${path}.new`, path);
}

describe("a file that somebody else changes while it is signed in place", () => {
  const SHARED = ["--in-place", "--policy", "demo/p-256", "--jobs", "8", "--json"];
  const XML = [...SHARED, "--format", "xml"];

  test.each([
    ["by its name", "without a journal", SHARED, []],
    ["by its name", "with a journal", SHARED, ["--journal", "journal"]],
    ["as XML", "without a journal", XML, []],
    ["as XML", "with a journal", XML, ["--journal", "journal"]],
  ])("stays as it is, and fails alone: %s, %s", async (_kind, _how, flags, journal) => {
    const all = await documents(emulator());
    const names = Object.keys(CHANGES).filter((name) => name.endsWith(".xml") === (flags === XML));
    const lost = names.filter((name) => CHANGES[name]?.lost === true);
    const content = (name: string): string | Uint8Array =>
      all[name] ?? all[flags === XML ? "order.xml" : "tool.exe"] ?? "";
    const cwd = fill(temporaryFolder(), Object.fromEntries(names.map((name) => [name, content(name)])));
    const read = (name: string): string | undefined =>
      existsSync(join(cwd, name)) ? readFileSync(join(cwd, name), "latin1") : undefined;
    emulator().addFault({ kind: "latency", ms: 2000, route: "signingRequests", count: names.length });
    const before = submissions(emulator());
    const running = start(["sign", ...names, ...flags, ...journal], { emulator: emulator(), cwd });
    await requestArrives(emulator(), before, names.length);
    for (const name of names) CHANGES[name]?.change(join(cwd, name));
    const changed = lost.map(read);
    const result = await running.ended;
    const events = eventsOf(result);
    const filesOf = (kind: string): unknown[] =>
      events.filter(({ event }) => event === kind).map(({ file }) => file);
    expect([result.status, filesOf("failed").toSorted()]).toEqual([3, lost.toSorted()]);
    for (const { file, error } of events.filter(({ event }) => event === "failed"))
      expect(error).toMatchObject({
        code: "INPUT_UNREADABLE",
        message: expect.stringMatching(new RegExp(`${file} changed while it was signed$`)),
      });
    expect(filesOf("signed").toSorted()).toEqual(names.filter((name) => !lost.includes(name)).toSorted());
    expect(lost.map(read)).toEqual(changed);
    expect(namesIn(cwd).filter((name) => name.endsWith(".tmp"))).toEqual([]);
    if (flags !== XML || journal.length === 0) return;
    // What has changed is signed anew, and nothing else.
    const there = names.filter((name) => existsSync(join(cwd, name)));
    const second = await signIn(emulator(), cwd, [...there, ...flags, ...journal]);
    const told = eventsOf(second).map(({ event, file }) => `${event} ${file}`);
    expect([second.status, ...told.toSorted()]).toEqual([
      0,
      "again order.xml",
      "signed order.xml",
      "skipped other.xml",
      "summary undefined",
    ]);
  });
});
