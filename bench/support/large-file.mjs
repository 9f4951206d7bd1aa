import { randomFillSync } from "node:crypto";
import { open } from "node:fs/promises";

const BLOCK_BYTES = 4 * 2 ** 20;

/** A file of so many bytes, really written, so that reading it is reading. */
export async function writeLarge(path, bytes) {
  const file = await open(path, "w");
  const block = Buffer.alloc(BLOCK_BYTES);
  for (let written = 0; written < bytes; written += block.length) {
    randomFillSync(block, 0, 4096);
    await file.write(block, 0, Math.min(block.length, bytes - written));
  }
  await file.close();
}
