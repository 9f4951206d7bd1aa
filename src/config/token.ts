const VISIBLE_ASCII = /^[\x21-\x7e]+$/;

const STORES: ReadonlyMap<string, string> = new Map([
  ["encrypted:", "an encrypted token can be read by SignPath's own Windows driver only"],
  ["registry:", "a token in the Windows registry can be read by SignPath's own Windows driver only"],
]);

/** Why a text cannot be an API token, in words that do not repeat it; `undefined` if it can. */
export function tokenDefect(token: string): string | undefined {
  for (const [prefix, reason] of STORES) {
    if (token.startsWith(prefix)) return `${reason}; set the token itself`;
  }
  if (/^bearer\s/i.test(token)) return 'must be the token alone, without "Bearer"';
  return VISIBLE_ASCII.test(token) ? undefined : "must be visible ASCII characters without spaces";
}

/** The API token, held so that it cannot be printed, serialised or cloned. */
export class ApiToken {
  readonly #source: string | (() => string | Promise<string>);

  constructor(source: string | (() => string | Promise<string>)) {
    this.#source = source;
  }

  /**
   * The value of the `Authorization` header: at once for a fixed token, as a promise for one that a function
   * supplies.
   *
   * @throws {TypeError} where the function's token is none, in words that do not repeat it.
   */
  authorization(): string | Promise<string> {
    return typeof this.#source === "string" ? `Bearer ${this.#source}` : this.#ask(this.#source);
  }

  /** `text` without the token in it. */
  redact(text: string): string {
    return typeof this.#source === "string" ? text.replaceAll(this.#source, "***") : text;
  }

  async #ask(source: () => string | Promise<string>): Promise<string> {
    const token: unknown = await source();
    if (typeof token !== "string" || token.trim() === "")
      throw new TypeError("the apiToken function gave no token");
    const defect = tokenDefect(token.trim());
    if (defect !== undefined) throw new TypeError(`the apiToken function's token ${defect}`);
    return `Bearer ${token.trim()}`;
  }
}
