import { availableParallelism } from "node:os";
import { resolve } from "node:path";
import type { ViteUserConfigFnObject } from "vitest/config";
import { defineConfig } from "vitest/config";
import { ToolkitReporter, toolkitTests } from "./test/support/toolkit-reporter.js";

// The tests never talk to the service or the proxy that a developer's shell is set up for.
for (const name of Object.keys(process.env)) {
  if (/^(signpath_.*|http_?proxy|https_proxy|all_proxy|no_proxy)$/i.test(name)) delete process.env[name];
}

/** Where `.ci/run` wants vitest's results as JSON. */
const report = process.env["TEST_REPORT"];

const config: ViteUserConfigFnObject = defineConfig(({ mode }) => {
  /** `npm run toolkits`: nothing but the tests that make the table of toolkits, and the table is written. */
  const writes = mode === "toolkits";
  return {
    test: {
      // The command line keeps compiled code there, not in the home of who runs the tests.
      env: { XDG_CACHE_HOME: resolve("node_modules/.cache") },
      include: writes ? toolkitTests(process.cwd()) : ["test/**/*.test.ts"],
      reporters: [
        "default",
        new ToolkitReporter({ writes }),
        ...(report ? [["json", { outputFile: report }] as ["json", object]] : []),
      ],
      globalSetup: ["test/support/global-setup.ts"],
      maxWorkers: availableParallelism(),
      testTimeout: 60_000,
      hookTimeout: 120_000,
      // Other tests and other programs may have the processors for a while.
      expect: { poll: { timeout: 30_000 } },
      unstubEnvs: true,
      restoreMocks: true,
    },
  };
});

export default config;
