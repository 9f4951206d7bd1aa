import { fileURLToPath } from "node:url";
import { BOUNCY_CASTLE_JARS } from "./programs.js";
import { run } from "./run.js";
import { pathOf } from "./verifiers.js";

/** A CMS signature for Bouncy Castle to verify. All are paths; without `content` it is attached. */
export interface CmsToVerify {
  readonly root: string;
  readonly signature: string;
  readonly content?: string | undefined;
}

const PROGRAM = fileURLToPath(new URL("java/VerifyCms.java", import.meta.url));

/**
 * What Bouncy Castle says of each signature: `good SIGNERS STAMPS SHA-256-OF-CONTENT` or `bad REASON`. Their chains,
 * counter-signatures and timestamps are checked as well. One process for all of them, because it takes a second to start.
 */
export async function bouncyCastleSays(signatures: readonly CmsToVerify[]): Promise<string[]> {
  const lines = signatures.map(({ root, signature, content = "-" }) => `${root}\t${signature}\t${content}\n`);
  const { status, stdout, stderr } = await run(
    pathOf("Bouncy Castle"),
    ["-Xmx256m", "-Xss1m", "-cp", BOUNCY_CASTLE_JARS.join(":"), PROGRAM],
    { input: lines.join("") },
  );
  const verdicts = stdout.trimEnd().split("\n");
  if (status !== 0 || verdicts.length !== signatures.length)
    throw new Error(`Bouncy Castle ended with ${status}: ${stderr}`);
  return verdicts;
}
