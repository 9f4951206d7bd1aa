import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "vitest";
import type { SignPathError } from "../../src/base/errors.js";
import type { Config } from "../../src/config/config.js";
import { loadConfig } from "../../src/config/load.js";
import type { SignPathOptions } from "../../src/config/options.js";
import { codedThrownBy } from "../support/failure.js";
import { temporaryFolder } from "../support/temporary.js";

export const ORGANIZATION = "5d2e9a1c-0f3b-4c6d-8e7f-001122334455";

/** What must be set; everything else has a default. */
export const REQUIRED: { readonly organizationId: string; readonly apiToken: string } = {
  organizationId: ORGANIZATION,
  apiToken: "AIk/token+value=",
};

/** Loads a configuration that is complete but for what is given. */
export function load(options: SignPathOptions = {}, env: Record<string, string> = {}): Config {
  return loadConfig({ ...REQUIRED, ...options }, env);
}

/** Writes a configuration file and gives its path. */
export function configFile(content: string | object, name = "signpath.json"): string {
  const path = join(temporaryFolder(), name);
  writeFileSync(path, typeof content === "string" ? content : JSON.stringify(content));
  return path;
}

/** The refusal of a configuration. */
export function refusal(load: () => unknown): SignPathError {
  const error = codedThrownBy(load);
  expect(error).toMatchObject({ code: "CONFIG_INVALID", stage: "config", attempts: 0, retryable: false });
  return error;
}

/** What is wrong with a configuration: one entry for each defect. */
export function defects(load: () => unknown): string[] {
  const { message } = refusal(load);
  const [first = "", ...rest] = message.split("\n  ");
  return rest.length > 0 ? rest : [first.replace("SignPath is not configured: ", "")];
}
