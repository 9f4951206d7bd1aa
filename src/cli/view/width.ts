import measure from "fast-string-truncated-width";

/** How many columns of a terminal a text takes: two for a character of East Asia, none for an accent. */
export function widthOf(text: string): number {
  return measure(text).width;
}

/** A text cut to a number of columns. */
export function cut(text: string, columns: number): string {
  const { index, ellipsed, truncated } = measure(text, { limit: columns, ellipsis: "..." });
  return truncated ? `${text.slice(0, index)}${ellipsed ? "..." : ""}` : text;
}
