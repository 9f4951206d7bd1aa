import { shown } from "../errors/describe.js";

const NO_OPTION = "The API token is no option, where others could read it: set SIGNPATH_API_TOKEN.";

/**
 * What the parser says of a mistake, as it may be shown: it quotes an unknown option with its value, and that may be a
 * secret.
 */
export function mistakeText(message: string): string {
  const text = message.replace(/^((?:error: )?unknown option '-[^=']*)=.*'/s, "$1'");
  const isToken = /unknown option '-[\w-]*(?:token|secret|password)/i.test(text);
  return [...text.trimEnd().split("\n").map(shown), ...(isToken ? [NO_OPTION] : [])].join("\n");
}
