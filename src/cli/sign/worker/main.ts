import { useCompileCache } from "../../compile-cache.js";
import { leaveWasmUnoptimized } from "../../wasm-tiering.js";

leaveWasmUnoptimized();
useCompileCache();
// Only what is loaded from here on comes out of the cache.
void import("./worker.js").then(({ runWorker }) => runWorker());
