import type { Plans } from "../support/plan.js";
import { CMS, ERRORS, GETTING_STARTED, LARGE_FILES, SECURITY, TIMESTAMPS } from "./guides.js";
import { MIGRATION } from "./migration.js";
import { README } from "./readme.js";
import { TOOLKITS } from "./toolkits.js";

/** What is done with the blocks of each document. */
export const PLANS: Readonly<Record<string, Plans>> = {
  "README.md": README,
  "examples/README.md": {
    Examples: {
      sh: [{ readOnly: "test/examples.test.ts runs each example, npm run examples from the package." }],
    },
  },
  "docs/cms.md": CMS,
  "docs/errors.md": ERRORS,
  "docs/getting-started.md": GETTING_STARTED,
  "docs/large-files.md": LARGE_FILES,
  "docs/migration.md": MIGRATION,
  "docs/security.md": SECURITY,
  "docs/timestamps.md": TIMESTAMPS,
  "docs/toolkits.md": TOOLKITS,
};

/** Documents whose blocks other tests run: which. */
export const PROVEN_ELSEWHERE: Readonly<Record<string, string>> = {
  "docs/ci.md": "test/cli/recipes.test.ts",
  "docs/doctor.md": "test/cli/doctor",
  "docs/emulator.md": "test/emulator/page",
  "docs/json.md": "test/cli/json.test.ts",
};
