import { useCompileCache } from "../compile-cache.js";
import { leaveWasmUnoptimized } from "../wasm-tiering.js";

/** What a plugin says to the program that called it. */
export interface Answer {
  readonly stdout?: string;
  readonly stderr?: string;
  readonly exitCode: number;
}

/** The whole life of a plugin's process. */
export async function runPlugin(load: () => Promise<() => Promise<Answer>>): Promise<void> {
  leaveWasmUnoptimized();
  useCompileCache();
  const answer = await load();
  const { stdout = "", stderr = "", exitCode } = await answer();
  process.stderr.write(stderr);
  process.exitCode = exitCode;
  // Its caller may have gone; whatever is still open was called off.
  process.stdout.on("error", () => process.exit(exitCode));
  process.stdout.write(stdout, () => process.exit(exitCode));
}
