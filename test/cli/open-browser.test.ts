import { chmodSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { eventually } from "../support/eventually.js";
import { temporaryFolder } from "../support/temporary.js";
import { start } from "./support.js";

test.skipIf(process.platform !== "linux")(
  "signpath emulator names its page first, and --open shows it by an address without a secret",
  async () => {
    const folder = temporaryFolder();
    const [opener, seen] = [join(folder, "xdg-open"), join(folder, "seen")];
    writeFileSync(opener, `#!/bin/sh\nprintf '%s\\n' "$@" > '${seen}.new' && mv '${seen}.new' '${seen}'\n`);
    chmodSync(opener, 0o755);
    const running = start(["emulator", "--open"], { env: { PATH: `${folder}:${process.env["PATH"]}` } });
    await eventually(() => expect(existsSync(seen)).toBe(true));
    await eventually(() => expect(running.stderr()).toContain("\n"));
    const [, address] = /^(http:\S+) shows in a browser/.exec(running.stderr()) ?? [];
    expect(readFileSync(seen, "utf8")).toBe(`${address}\n`);
    const answer = await fetch(`${address}`, { headers: { accept: "text/html" } });
    expect(await answer.text()).toContain("<title>Overview");
  },
);

test.skipIf(process.platform !== "linux")(
  "--open tells where there is no browser, and the emulator runs on",
  async () => {
    const running = start(["emulator", "--open", "--json"], { env: { PATH: temporaryFolder() } });
    await eventually(() => expect(running.stderr()).toMatch(/was not opened: there is no xdg-open here/));
    const { origin } = JSON.parse(running.stdout()) as { origin: string };
    expect((await fetch(origin)).status).toBe(200);
  },
);
