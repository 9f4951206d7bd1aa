import { withoutSecrets } from "../base/secrets.js";

const VISIBLE_ASCII = /^[\x21-\x7e]+$/;

const STORES: ReadonlyMap<string, string> = new Map([
  ["encrypted:", "is an encrypted token, which only SignPath's own Windows driver can read"],
  ["registry:", "names a token in the Windows registry, which only SignPath's own Windows driver can read"],
]);

/** Why a text cannot be an API token, in words that do not repeat it; `undefined` if it can. */
export function tokenDefect(token: string): string | undefined {
  for (const [prefix, reason] of STORES) {
    if (token.toLowerCase().startsWith(prefix)) return `${reason}; set the token itself`;
  }
  if (/^bearer\s/i.test(token)) return 'must be the token alone, without "Bearer"';
  return VISIBLE_ASCII.test(token) ? undefined : "must be visible ASCII characters without spaces";
}

/** A shorter one, as tests have it, stands in other words by chance. */
const SHORTEST = 16;

/** Whether one of some tokens stands in a text. */
export function holdsToken(text: string, tokens: Iterable<string>): boolean {
  return [...tokens].some((token) => token.length >= SHORTEST && text.includes(token));
}

/** How many different tokens of a function are remembered: as many as there can be requests in flight. */
const MOST_TOKENS = 1024;

/** The API token, held so that it cannot be printed, serialised or cloned. */
export class ApiToken {
  readonly #source: string | (() => string | Promise<string>);
  readonly #header: string;
  /** What the function gave, to be taken out of answers. */
  readonly #given = new Set<string>();

  constructor(source: string | (() => string | Promise<string>)) {
    this.#source = source;
    this.#header = typeof source === "string" ? `Bearer ${source}` : "";
  }

  /**
   * The value of the `Authorization` header: at once for a fixed token, as a promise for one that a function
   * supplies.
   *
   * @throws {TypeError} where the function's token is none, in words that do not repeat it.
   */
  authorization(): string | Promise<string> {
    return typeof this.#source === "string" ? this.#header : this.#ask(this.#source);
  }

  /** `text` without the token in it, be it escaped or not. */
  redact(text: string): string {
    return withoutSecrets(text, typeof this.#source === "string" ? [this.#source] : this.#given);
  }

  /** Whether the token stands in a text where it is not to be. */
  isIn(text: string): boolean {
    return holdsToken(text, typeof this.#source === "string" ? [this.#source] : this.#given);
  }

  /** The same for an address, whose characters may be written as `%2B`. */
  isInAddress(address: string): boolean {
    return (
      this.isIn(address) ||
      this.isIn(address.replace(/%([2-7][0-9a-f])/gi, (_, code: string) => asciiOf(code)))
    );
  }

  async #ask(source: () => string | Promise<string>): Promise<string> {
    const given: unknown = await source();
    const token = typeof given === "string" ? given.trim() : "";
    if (token === "") throw new TypeError("the apiToken function gave no token");
    const defect = tokenDefect(token);
    if (defect !== undefined) throw new TypeError(`the apiToken function's token ${defect}`);
    this.#remember(token);
    return `Bearer ${token}`;
  }

  #remember(token: string): void {
    const [oldest] = this.#given;
    if (oldest !== undefined && this.#given.size === MOST_TOKENS && !this.#given.has(token)) {
      this.#given.delete(oldest);
    }
    this.#given.add(token);
  }
}

function asciiOf(hexadecimal: string): string {
  return String.fromCharCode(Number.parseInt(hexadecimal, 16));
}
