/** What a browser could show in another order than it stands, or not at all; line ends and tabs are not meant. */
const INVISIBLE = /[\p{Cf}\u2028\u2029]|(?![\n\t])\p{Cc}/gu;
const SPECIAL = /[&<>"'`]/g;

/** Markup that was written here, with everything from elsewhere escaped. Only {@link html} makes it. */
export class Html {
  readonly #markup: string;

  /** @internal */
  constructor(markup: string) {
    this.#markup = markup;
  }

  toString(): string {
    return this.#markup;
  }
}

/** What can stand in a template: text and numbers are escaped, lists are joined, and what is not there leaves nothing. */
export type Content = Html | string | number | false | undefined | readonly Content[];

/**
 * Markup with values in it. There is no way around the escaping, and none is needed: markup comes from another template.
 * A value in an attribute stands between quotation marks; one that is an address has been through {@link webAddress}.
 */
export function html(markup: TemplateStringsArray, ...values: readonly Content[]): Html {
  return new Html(markup.reduce((before, text, index) => before + rendered(values[index - 1]) + text));
}

function rendered(content: Content): string {
  if (content === undefined || content === false) return "";
  if (content instanceof Html) return content.toString();
  if (typeof content === "object") return content.map(rendered).join("");
  return escaped(visible(String(content)));
}

/** Text with its invisible characters made visible. */
export function visible(text: string): string {
  return text.replace(INVISIBLE, (character) => `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`);
}

function escaped(text: string): string {
  return text.replace(SPECIAL, (character) => `&#${character.charCodeAt(0)};`);
}

/** An address from outside that a link may lead to: http and https alone, without a name and a password in it. */
export function webAddress(text: string | undefined): string | undefined {
  if (text === undefined || !URL.canParse(text)) return undefined;
  const { protocol, username, password, href } = new URL(text);
  if ((protocol !== "https:" && protocol !== "http:") || username !== "" || password !== "") return undefined;
  return href;
}
