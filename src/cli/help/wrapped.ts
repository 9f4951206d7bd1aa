/** What a shell is to run must stay in one line. */
const TO_COPY = /^ +(?:signpath|openssl|tar|curl|export|source|npx?|git) /;

/**
 * Help for a terminal of some width: lines that are too long go on below where their text begins, behind the second
 * column where they have one. Lines to be copied stay as they are.
 */
export function wrapped(text: string, width: number): string {
  return text
    .split("\n")
    .flatMap((line) => (line.length <= width || TO_COPY.test(line) ? [line] : broken(line, width)))
    .join("\n");
}

function broken(line: string, width: number): string[] {
  const [lead = ""] = /^ *(?:\S+(?: \S+)* {2,})?/.exec(line) ?? [];
  // Where nearly nothing would fit behind the first column, it is no column any more.
  const indent = lead.length > width / 2 ? 4 : lead.length;
  const lines: string[] = [];
  let current = line.slice(0, lead.length);
  let isEmpty = true;
  for (const word of line.slice(lead.length).split(" ")) {
    if (!isEmpty && current.length + 1 + word.length > width) {
      lines.push(current);
      current = " ".repeat(indent) + word;
    } else {
      current += isEmpty ? word : ` ${word}`;
    }
    isEmpty = false;
  }
  return [...lines, current];
}
