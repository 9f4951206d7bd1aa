/**
 * undici's HTTP parser is WebAssembly. Node 20 begins to optimize it after two responses, and does not let the process
 * end before that is done, which takes longer than all of a signature. Later releases of Node begin far later.
 */
export function leaveWasmUnoptimized(): void {
  if (Number.parseInt(process.versions.node, 10) >= 22) return;
  const { setFlagsFromString } = process.getBuiltinModule("node:v8");
  setFlagsFromString(`--wasm-tiering-budget=${2 ** 30}`);
}
