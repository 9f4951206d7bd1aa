#!/usr/bin/env node
import { useCompileCache } from "./shell/compile-cache.js";
import { leaveWasmUnoptimized } from "./shell/wasm-tiering.js";

leaveWasmUnoptimized();
useCompileCache();
// Only what is loaded from here on comes out of the cache.
void import("./shell/process.js").then(({ runProcess }) => runProcess());
