import { readFile } from "node:fs/promises";
import type { OrganizationOptions } from "../../emulator/index.js";
import { reasonOf, usageError } from "../errors/cli-error.js";
import { visible } from "../shell/output.js";

/** Reads the file of `--accounts`: an array of organizations, whose content the emulator looks at. */
export async function readAccounts(path: string): Promise<readonly OrganizationOptions[]> {
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (error) {
    throw usageError(`--accounts ${visible(path)} cannot be read: ${reasonOf(error)}`);
  }
  try {
    return JSON.parse(text.replace(/^\uFEFF/, ""));
  } catch {
    // What a parser says may repeat part of the file, and so of a token.
    throw usageError(`--accounts ${visible(path)} is not JSON`, "signpath emulator --help shows an example.");
  }
}
