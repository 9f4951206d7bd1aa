import { shown } from "../errors/describe.js";

const NO_OPTION = "The API token is no option, where others could read it: set SIGNPATH_API_TOKEN.";

/** No choice, number or name of a command is as long, and no API token is shorter. */
const LONG = 16;

/** The value that the parser quotes in what it says of a choice, a number, a date or a command. */
const LONG_VALUE = new RegExp(
  `^((?:error: )?(?:option '[^']*' argument|command-argument value|unknown command)) '.{${LONG},}'(?=\\s*$| is invalid|\\n\\(Did)`,
  "s",
);

/**
 * What the parser says of a mistake, as it may be shown: it quotes an unknown option with its value, and a value that is none
 * of the choices, and each of them may be a secret that was pasted in the wrong place.
 */
export function mistakeText(message: string): string {
  const text = message
    .replace(/^((?:error: )?unknown option '-[^=']*)=.*'/s, "$1'")
    .replace(LONG_VALUE, "$1");
  const isToken = /unknown option '-[\w-]*(?:token|secret|password)/i.test(text);
  return [...text.trimEnd().split("\n").map(shown), ...(isToken ? [NO_OPTION] : [])].join("\n");
}
