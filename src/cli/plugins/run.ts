import { useCompileCache } from "../shell/compile-cache.js";
import { leaveWasmUnoptimized } from "../shell/wasm-tiering.js";

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
  await say(process.stderr, stderr);
  await say(process.stdout, stdout);
  // Whatever is still open was called off.
  process.exit(exitCode);
}

/** Ends once the text is out, or the caller gone. */
function say(stream: NodeJS.WriteStream, text: string): Promise<void> {
  return new Promise((resolve) => {
    stream.on("error", () => resolve());
    stream.write(text, () => resolve());
  });
}
