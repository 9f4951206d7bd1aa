/** Characters that HTML has a name for and a secret can hold. */
const ENTITIES: ReadonlyMap<string, string> = new Map([
  ...[["amp", "&"] as const, ["apos", "'"] as const, ["equals", "="] as const, ["gt", ">"] as const],
  ...[["lt", "<"] as const, ["plus", "+"] as const, ["quot", '"'] as const, ["sol", "/"] as const],
]);

/** What stands for a visible character of ASCII in an address, in a string of JSON and in HTML, once or several times over. */
const ESCAPE =
  /%(?:25)*([2-7][\da-f])|\\{1,8}u00([2-7][\da-f])|&#x0*([2-7][\da-f]);|&#0*(\d{2,3});|&([a-z]{2,6});|\\{1,8}(["/])/gi;

const HAS_ESCAPE = /[%\\&]/;

/**
 * A text without the secrets in it, each as it is and with any of its characters escaped, as a server repeats it in an
 * address, in JSON or in HTML. The longest goes first: one may begin with another.
 */
export function withoutSecrets(text: string, secrets: Iterable<string>): string {
  const longestFirst = [...secrets].sort((a, b) => b.length - a.length);
  const hasEscape = HAS_ESCAPE.test(text);
  // Looked for by itself first: a token's pattern is long, and there may be many tokens.
  const plain = hasEscape ? text.replace(ESCAPE, unescaped) : text;
  return longestFirst.reduce((rest, secret) => {
    const clean = rest.replaceAll(secret, "***");
    return hasEscape && plain.includes(secret) ? clean.replace(inAnyForm(secret), "***") : clean;
  }, text);
}

function unescaped(found: string, ...groups: readonly (string | undefined)[]): string {
  const [inAddress, inJson, hexadecimal, decimal, name, behindBackslash] = groups;
  const code = inAddress ?? inJson ?? hexadecimal;
  if (code !== undefined) return String.fromCharCode(Number.parseInt(code, 16));
  if (decimal !== undefined) return String.fromCharCode(Number(decimal));
  return (name === undefined ? behindBackslash : ENTITIES.get(name)) ?? found;
}

function inAnyForm(secret: string): RegExp {
  return new RegExp([...secret].map(formsOf).join(""), "g");
}

function formsOf(character: string): string {
  const code = character.charCodeAt(0);
  const hex = code.toString(16).replace(/[a-f]/g, (digit) => `[${digit}${digit.toUpperCase()}]`);
  const name = [...ENTITIES].find(([, named]) => named === character)?.[0];
  const forms = [
    ...[`%(?:25)*${hex}`, String.raw`\\{1,8}u00${hex}`, `&#[xX]0*${hex};`, `&#0*${code};`],
    ...(name === undefined ? [] : [`&${name};`]),
    character === '"' || character === "/" ? String.raw`\\{0,8}${character}` : String.raw`\u${hex4(code)}`,
  ];
  return `(?:${forms.join("|")})`;
}

function hex4(code: number): string {
  return code.toString(16).padStart(4, "0");
}
