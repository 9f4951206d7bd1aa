import type { Context } from "../context.js";
import type { Finding } from "../finding.js";
import { failure, ok, warning } from "../finding.js";

const OLDEST = [20, 19] as const;

/** The last day of each line's maintenance, as https://github.com/nodejs/Release had it when this was written. */
const ENDS: ReadonlyMap<number, string> = new Map([
  [20, "2026-04-30"],
  [21, "2024-06-01"],
  [22, "2027-04-30"],
  [23, "2025-06-01"],
  [24, "2028-04-30"],
  [25, "2026-06-01"],
  [26, "2029-04-30"],
]);
const TESTED: readonly number[] = [20, 22, 24];

/** Whether this package works on this Node.js, and whether that gets security fixes. */
export function checkNode({ nodeVersion, now }: Pick<Context, "nodeVersion" | "now">): Finding[] {
  const [major = 0, minor = 0] = nodeVersion.split(".").map(Number);
  const end = ENDS.get(major);
  const details = { version: nodeVersion, ...(end !== undefined && { endOfLife: end }) };
  const name = `Node.js ${nodeVersion}`;
  if (major < OLDEST[0] || (major === OLDEST[0] && minor < OLDEST[1])) {
    const advice = `Install Node.js ${OLDEST.join(".")} or later.`;
    return [failure("NODE_UNSUPPORTED", `${name} is too old for this package`, advice, details)];
  }
  if (end !== undefined && now() > Date.parse(`${end}T23:59:59Z`)) {
    const found = `${name} works, and gets no security fixes since ${end}`;
    return [warning("NODE_END_OF_LIFE", found, "Install a release with long-term support.", details)];
  }
  if (!TESTED.includes(major)) {
    const found = `${name} is no release that this package is tested on: ${TESTED.join(", ")}`;
    return [warning("NODE_UNTESTED", found, "Use one of those, or expect surprises.", details)];
  }
  return [
    ok(`${name} is supported${end === undefined ? "" : `, and gets security fixes until ${end}`}`, details),
  ];
}
