import { readdir } from "node:fs/promises";
import { describe, expect, it, vi } from "vitest";
import { openDirectory } from "../../src/emulator/keys/store.js";
import { temporaryDirectory } from "./support.js";

vi.mock("node:fs/promises", async (original) => ({
  ...(await original<typeof import("node:fs/promises")>()),
  link: () => Promise.reject(Object.assign(new Error("no links here"), { code: "EPERM" })),
}));

describe("a state directory on a file system without links", () => {
  it("still lets the first writer win", async () => {
    const directory = await temporaryDirectory();
    const store = await openDirectory(directory);
    expect(await store.loadOrCreate("x", async () => "first")).toBe("first");
    const second = await openDirectory(directory);
    expect(await second.loadOrCreate("x", async () => "second")).toBe("first");
    const late = store.loadOrCreate("y", async () => {
      await second.loadOrCreate("y", async () => "earlier");
      return "late";
    });
    expect(await late).toBe("earlier");
    expect((await readdir(directory)).sort()).toEqual(["x", "y"]);
  });
});
