// The few macros of man(7) that a manual page of ours is made from.

/** A whole page, of section 1. */
export function page({ name, date, version }, sections) {
  const title = `.TH ${roff(name.toUpperCase())} 1 "${date}" "signpath-webcrypto ${version}" "User Commands"`;
  return `${[title, ...sections.flat()].join("\n")}\n`;
}

export function section(title, lines) {
  return headed(".SH", title, lines);
}

export function subsection(title, lines) {
  return headed(".SS", title, lines);
}

/** A paragraph begins below a heading anyway. */
function headed(macro, title, lines) {
  const content = lines[0] === ".PP" ? lines.slice(1) : lines;
  return content.length === 0 ? [] : [`${macro} "${roff(title)}"`, ...content];
}

/** Text with empty lines between its paragraphs. */
export function paragraphs(text) {
  return text
    .split(/\n{2,}/)
    .filter((paragraph) => paragraph.trim() !== "")
    .flatMap((paragraph) => [".PP", ...filled(paragraph)]);
}

/** As a formatter fills them, lines may be cut anywhere. */
function filled(text) {
  return (
    text
      .replace(/\s+/g, " ")
      .trim()
      .match(/.{1,72}(?: |$)|\S+ ?/g) ?? []
  ).map((line) => roff(line.trim()));
}

/** A term, and below it what it means. */
export function tagged(term, text) {
  return [".TP", `\\fB${roff(term)}\\fR`, ...filled(text)];
}

/** Lines that stay as they are. */
export function verbatim(lines) {
  const trimmed = lines
    .join("\n")
    .replace(/^\n+|\n+$/g, "")
    .split("\n");
  return [".RS 4", ".nf", ...trimmed.map(roff), ".fi", ".RE"];
}

/** Text as it is: hyphens that can be copied, and nothing that a formatter takes for a request. */
export function roff(text) {
  return text
    .replaceAll("\\", "\\e")
    .replaceAll("-", "\\-")
    .replace(/"/g, "\\(dq")
    .replace(/^([.'])/, "\\&$1");
}
