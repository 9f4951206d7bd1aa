/** Colours of text on a terminal, or none of them. */
export interface Style {
  readonly red: (text: string) => string;
  readonly green: (text: string) => string;
  readonly yellow: (text: string) => string;
  readonly dim: (text: string) => string;
}

/** Turns a colour on and off again (ECMA-48, SGR). */
function sgr(on: number, off: number): (text: string) => string {
  return (text) => (text === "" ? "" : `\u001b[${on}m${text}\u001b[${off}m`);
}

const plain = (text: string): string => text;

export const PLAIN: Style = Object.freeze({ red: plain, green: plain, yellow: plain, dim: plain });
export const COLOURED: Style = Object.freeze({
  red: sgr(31, 39),
  green: sgr(32, 39),
  yellow: sgr(33, 39),
  dim: sgr(2, 22),
});

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Whether text is coloured: what the command line says, else `FORCE_COLOR`, else `NO_COLOR` (no-color.org), else whether it
 * goes to a terminal that knows colours.
 */
export function wantsColour(isTerminal: boolean, env: Environment, option?: boolean): boolean {
  if (option === false) return false;
  const { FORCE_COLOR: forced, NO_COLOR: refused } = env;
  if (forced !== undefined) return forced !== "0" && forced !== "false";
  if (refused) return false;
  return isTerminal && !isDumb(env);
}

/** Whether a terminal cannot move its cursor. */
export function isDumb({ TERM: term }: Environment): boolean {
  return term === "dumb";
}
