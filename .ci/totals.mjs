// `node .ci/totals.mjs FAILED-PARTS REPORT...` adds up vitest's JSON reports.
import { existsSync, readFileSync } from "node:fs";

const [parts, ...paths] = process.argv.slice(2);
const reports = paths.filter(existsSync).map((path) => JSON.parse(readFileSync(path, "utf8")));
const sum = (count) => reports.reduce((total, report) => total + report[count], 0);

// A part can fail without a failed test: a lint error, a file that cannot be imported, a crash.
const failed = Math.max(sum("numFailedTests"), Number(parts));
console.log(`${sum("numPassedTests")} passed, ${failed} failed`);
if (failed > 0) process.exitCode = 1;
