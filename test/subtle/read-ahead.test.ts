import * as fs from "node:fs/promises";
import { afterEach, expect, it, vi } from "vitest";
import { chunksOf } from "../../src/subtle/source.js";
import { failureOf } from "../support/failure.js";

vi.mock("node:fs/promises", async (original) => ({ ...(await original<typeof fs>()), open: vi.fn() }));

afterEach(() => vi.mocked(fs.open).mockReset());

it("a read that fails while the chunk before it is still in use fails the source in its turn, and nothing else", async () => {
  const unhandled: unknown[] = [];
  const onUnhandled = (reason: unknown): number => unhandled.push(reason);
  process.on("unhandledRejection", onUnhandled);
  const broken = Object.assign(new Error("EIO: i/o error, read"), { code: "EIO" });
  const stat = async () => ({ size: 6 });
  const close = vi.fn(async () => undefined);
  const read = vi
    .fn()
    .mockResolvedValueOnce({ bytesRead: 3 })
    .mockImplementation(() => Promise.reject(broken));
  vi.mocked(fs.open).mockResolvedValue({ stat, read, close } as unknown as fs.FileHandle);
  try {
    const chunks = chunksOf("file");
    expect((await chunks.next()).value).toHaveLength(3);
    // The consumer takes its time: turns of the event loop pass.
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(await failureOf(chunks.next())).toBe(broken);
    expect(close).toHaveBeenCalledOnce();
    expect(unhandled).toEqual([]);
  } finally {
    process.off("unhandledRejection", onUnhandled);
  }
});
