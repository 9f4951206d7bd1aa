import { readFile, stat } from "node:fs/promises";
import { refused } from "../../../adapter/refusal.js";
import type { SigningSource } from "../../../policy/signing-policy.js";
import { chunksOf } from "../../../subtle/source.js";

const MEBIBYTE = 1024 * 1024;

/**
 * The content of a file that is signed in memory. Errors of the file system are passed on as they are.
 *
 * @param mostMebibytes - how large it may be
 * @throws {SignPathError} `REQUEST_REJECTED` for one that is larger, `ABORTED`
 */
export async function wholeFile(
  source: SigningSource,
  mostMebibytes: number,
  signal: AbortSignal,
): Promise<Buffer> {
  const most = mostMebibytes * MEBIBYTE;
  const tooLarge = (): Error =>
    refused(`it has more than ${mostMebibytes} MiB, and is signed in memory`, "REQUEST_REJECTED");
  if (typeof source === "string") {
    if ((await stat(source)).size > most) throw tooLarge();
    const content = await readFile(source, { signal });
    if (content.byteLength > most) throw tooLarge();
    return content;
  }
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of chunksOf(source, signal)) {
    bytes += chunk.byteLength;
    if (bytes > most) throw tooLarge();
    chunks.push(Buffer.from(chunk));
  }
  return Buffer.concat(chunks);
}
