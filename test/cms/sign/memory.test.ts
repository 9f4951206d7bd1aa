import { open } from "node:fs/promises";
import { join } from "node:path";
import { beforeAll, expect, it } from "vitest";
import { useEmulator } from "../../support/emulator.js";
import { run } from "../../support/run.js";
import { temporaryFolder } from "../../support/temporary.js";

const MIB = 1024 * 1024;
const FILE_MIB = 1024;
/** Peak of the whole process, Node and what is loaded included: a quarter of the file. */
const MOST_MIB = 256;

/** Signs the file attached and prints the bytes that came and the peak of the resident set in bytes. */
const SCRIPT = `
  import { createReadStream } from "node:fs";
  import { SignPath } from "signpath-webcrypto";
  import { signCmsStream } from "signpath-webcrypto/cms";
  const [, path, encoding] = process.argv;
  const signpath = new SignPath();
  const policy = await signpath.policy("demo/p-256");
  const source = encoding === "stream" ? createReadStream(path) : path;
  const options = { policy, detached: false, ...(encoding !== "stream" && { encoding }) };
  let bytes = 0;
  for await (const chunk of signCmsStream(source, options)) bytes += chunk.byteLength;
  console.log(JSON.stringify([bytes, process.resourceUsage().maxRSS * 1024]));
  await signpath.close();
`;

const emulator = useEmulator();
const path = join(temporaryFolder(), "large");

beforeAll(async () => {
  const file = await open(path, "w");
  await file.truncate(FILE_MIB * MIB);
  await file.close();
});

it.each(["der", "ber", "stream"])(
  "an attached signature of a large file takes little memory: %s",
  async (encoding) => {
    const args = ["--input-type=module", "--eval", SCRIPT, path, encoding];
    const result = await run(process.execPath, args, { env: { ...process.env, ...emulator().environment } });
    expect(result.stderr).toBe("");
    const [bytes, peak] = JSON.parse(result.stdout) as [number, number];
    expect(bytes).toBeGreaterThan(FILE_MIB * MIB);
    expect(peak / MIB).toBeLessThan(MOST_MIB);
  },
  60_000,
);
