const COLUMNS = [44, 13, 13, 24, 8];
const verdicts = [];
let title = "";

/** The heading of a group of figures. */
export function heading(text, ...notes) {
  title = text;
  console.log(`\n${title}`);
  for (const note of notes) console.log(`  ${note}`);
  row("", "this package", "floor", "ratio (least–greatest)", "target");
}

/** One figure: its value, that of the floor, and how they compare. What is not known is left out. */
export function figure(name, { value, floor, ratio, target, passed }) {
  const verdict = passed === undefined ? "" : passed ? " PASS" : " MISS";
  if (passed !== undefined) verdicts.push({ title, name: name.trim(), passed });
  row(name, value, floor, ratio, `${target ?? ""}${verdict}`);
}

/** A figure that is compared by a ratio, round by round. */
export function compared(name, { value, floor, ratio: { min, median, max } }, { atLeast, atMost } = {}) {
  const passed =
    atLeast === undefined && atMost === undefined
      ? undefined
      : median >= (atLeast ?? 0) && median <= (atMost ?? Infinity);
  figure(name, {
    value,
    floor,
    ratio: `${median.toFixed(2)} (${min.toFixed(2)}–${max.toFixed(2)})`,
    target: atLeast === undefined ? atMost && `≤ ${atMost}` : `≥ ${atLeast}`,
    passed,
  });
}

/** Why a figure is missing. */
export function skipped(name, reason) {
  console.log(`  ${name.padEnd(COLUMNS[0])}skipped: ${reason}`);
}

/** Says how many targets were met, and which were missed; returns whether all were met. */
export function summarize() {
  const missed = verdicts.filter(({ passed }) => !passed);
  console.log(`\n${verdicts.length - missed.length} of ${verdicts.length} targets are met.`);
  for (const { title, name } of missed) console.log(`  MISS ${name} (${title})`);
  return missed.length === 0;
}

export const perSecond = (rate) => `${Math.round(rate).toLocaleString("en").replaceAll(",", " ")}/s`;
export const micros = (value) => `${value.toFixed(1)} µs`;
export const millis = (value) => `${value.toFixed(value < 100 ? 1 : 0)} ms`;
export const percent = (share) => `${(share * 100).toFixed(1)} %`;
export const kibibytes = (bytes) => `${(bytes / 2 ** 10).toFixed(2)} KiB`;
export const mebibytes = (bytes) => `${(bytes / 2 ** 20).toFixed(1)} MiB`;

function row(...cells) {
  const text = cells.map((cell, column) => (cell ?? "").padEnd(COLUMNS[column])).join("");
  console.log(`  ${text.trimEnd()}`);
}
